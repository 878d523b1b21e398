// What begins once a form could be filled: the service worker, the package, and the look-out for a new version.
import { watch } from 'vue';
import { unlocked } from '../vault/vault.js';
import { refresh } from './package.js';
import { readiness, recall } from './state.js';
import { watchForUpdates } from './update.js';

const AGAIN_AFTER_MS = 10 * 60 * 1000;
const QUIET_MS = 1500;
const QUIET_WITHIN_MS = 30_000;
let last = 0;

/** `script` is the address this page's own code came from: the service worker keeps the parts that belong to it. */
export async function start(script) {
  // The engine first: it is what the person waits for.
  await import('../engine/open.js').catch(() => {});
  await recall();
  await quiet();
  addEventListener('online', () => renew());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && renew());
  // What tells of the office's features is kept under the account's key: nothing of it can be renewed before the PIN.
  watch(unlocked, () => renew());
  await Promise.all([serviceWorker(script), renew()]);
}

/** Resolves when nothing has been fetched for a moment: what a form that is being opened needs goes first. */
function quiet() {
  return new Promise((resolve) => {
    const end = () => {
      observer.disconnect();
      clearTimeout(calm);
      clearTimeout(enough);
      resolve();
    };
    let calm = setTimeout(end, QUIET_MS);
    const enough = setTimeout(end, QUIET_WITHIN_MS);
    const observer = new PerformanceObserver(() => {
      clearTimeout(calm);
      calm = setTimeout(end, QUIET_MS);
    });
    observer.observe({ type: 'resource' });
  });
}

async function serviceWorker(script) {
  // Not over plain http: the app says so, and works as long as there is a network.
  const { serviceWorker: workers } = navigator;
  if (!workers) return;
  workers.addEventListener('message', ({ data, ports }) => {
    if (data?.kind === 'which version') ports[0].postMessage(script);
  });
  try {
    const registration = await workers.register('/survey/sw.js', { scope: '/survey/' });
    watchForUpdates(registration);
    registration.active?.postMessage({ kind: 'started' });
  } catch (error) {
    console.warn(error); // no network, or no room: what was installed before goes on working
  }
}

async function renew() {
  if (unlocked.value === null || readiness.working || Date.now() - last < AGAIN_AFTER_MS) return;
  readiness.working = true;
  try {
    const made = await refresh(({ done, of }) => Object.assign(readiness, { done, of }));
    readiness.problem = made?.problem ?? null;
    if (!made?.problem) last = Date.now();
  } catch (error) {
    readiness.problem = error;
  } finally {
    readiness.working = false;
    await recall();
  }
}
