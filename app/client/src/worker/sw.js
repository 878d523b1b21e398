// The service worker at /survey/sw.js: the app's own files, each kept whole under its version, so that it opens with no
// network. It answers only what it keeps itself: other methods, other addresses and the API's answers pass it by.
import { FILES, SHELL, VERSION } from 'precache';
import { TAG, sendAll } from '../sending/sender.js';
import { asBuilt, fetchedWhole } from './fetching.js';
import { cacheOf, discardUnused } from './versions.js';

const MINE = cacheOf(VERSION);
const AT_ONCE = 3;

self.addEventListener('install', (event) => event.waitUntil(keepAll()));
self.addEventListener('activate', (event) => event.waitUntil(begin()));

async function keepAll() {
  const cache = await caches.open(MINE);
  const waiting = [...FILES];
  const keep = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      if (await cache.match(file.url)) continue; // an install that was cut short goes on where it stopped
      await cache.put(file.url, (await alreadyKept(file)) ?? (await fetchedWhole(file)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, keep));
}

// An unchanged file of an earlier version need not be fetched again.
async function alreadyKept({ url, integrity }) {
  const found = await caches.match(url, { ignoreVary: true });
  return found && (await asBuilt(found.clone(), integrity)) ? found : undefined;
}

async function begin() {
  await self.clients.claim();
  await discardUnused(MINE);
}

self.addEventListener('message', (event) => {
  if (event.data?.kind === 'take over') event.waitUntil(self.skipWaiting());
  if (event.data?.kind === 'started') event.waitUntil(discardUnused(MINE));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === '/survey/') event.respondWith(shell(request));
  } else if (url.pathname.startsWith('/static/')) {
    event.respondWith(kept(request));
  }
});

async function shell(request) {
  const found = await (await caches.open(MINE)).match(SHELL, { ignoreVary: true });
  return found ?? fetch(request);
}

// By the exact address, in whichever version: a page of yesterday's version gets yesterday's part.
async function kept(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

// A page may be long closed when there is signal again. What is left makes the browser call once more.
self.addEventListener('sync', (event) => {
  if (event.tag === TAG) event.waitUntil(sendAll({ afresh: true }).then(({ left, signin }) => left && !signin && Promise.reject(left)));
});
