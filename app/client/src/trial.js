// The page that tries a form before it is approved: the phone's own questions, no storage, no sending.
import { createApp } from 'vue';
import Trial from './trial/Trial.vue';

const place = document.getElementById('app');
createApp(Trial, { source: place.dataset.source, back: place.dataset.back }).mount(place);
