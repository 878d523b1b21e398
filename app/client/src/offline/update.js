// A new version of the app waits until a person takes it: nothing changes under a form that is being filled.
import { createApp, shallowRef } from 'vue';

const LOOK_EVERY_MS = 60 * 60 * 1000;

/** Shows "Có bản mới" once the registration has a version that is all here and waits. */
export function watchForUpdates(registration) {
  const waiting = shallowRef(null);
  const see = () => {
    // The very first version has nobody to wait for.
    if (!registration.waiting || !registration.active) return;
    if (!waiting.value) mount(waiting);
    waiting.value = registration.waiting;
  };
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', see);
  });
  see();
  setInterval(() => registration.update().catch(() => {}), LOOK_EVERY_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => {});
  });
}

async function mount(waiting) {
  const { default: UpdateNotice } = await import('../view/install/UpdateNotice.vue');
  createApp(UpdateNotice, { waiting }).mount('#update');
}
