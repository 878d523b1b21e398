// Keeps the list of own records fresh while the app is open: at the start, after each receipt, when the network is back.
import { watch } from 'vue';
import { listen } from '../records/news.js';
import { unlocked } from '../vault/vault.js';
import { refresh, stored } from './list.js';

const SOON_MS = 1500; // the server applies what it received within a second
const OFTEN_MS = 5 * 60 * 1000;
let begun = false;
let timer = null;
let last = 0;

async function renew() {
  if (unlocked.value === null) return;
  try {
    await refresh();
    last = Date.now();
  } catch (error) {
    if (!error.kind) console.warn(error);
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(renew, SOON_MS);
}

/** Begins once for the page. */
export function begin() {
  if (begun) return;
  begun = true;
  listen(({ kind }) => kind === 'acknowledged' && soon());
  window.addEventListener('online', soon);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && Date.now() - last > OFTEN_MS) renew();
  });
  watch(
    unlocked,
    async (account) => {
      if (account === null) return;
      await stored().catch(() => {});
      await renew();
    },
    { immediate: true },
  );
}
