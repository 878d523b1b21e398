// Starts the phone app; what the first form doesn't need comes after it.
import { createApp } from 'vue';
import './offline/prompt.js';
import { ready } from './transport/server.js';
import App from './view/App.vue';

createApp(App).mount('#app');
ready
  .then(() => import('./offline/start.js'))
  .then(({ start }) => start(import.meta.url))
  .catch(console.error);
// Also before anybody has signed in or given the PIN: what is sealed needs neither to be handed over.
import('./sending/sender.js').then(({ start }) => start(), console.error);
