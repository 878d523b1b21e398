// Starts the phone app.
import { createApp } from 'vue';
import App from './view/App.vue';

createApp(App).mount('#app');
