// Which versions' files are still needed: its own, and those of pages that were opened with an older one.

const PREFIX = 'diaban-app-';
const ANSWER_MS = 4000;

export const cacheOf = (version) => `${PREFIX}${version}`;

/** Deletes the files of versions nobody uses any more; of none while a page doesn't say what it uses. */
export async function discardUnused(mine) {
  // A version that is being installed keeps files under a name this one doesn't know.
  if (self.registration.installing || self.registration.waiting) return;
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== mine);
  if (!others.length) return;
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const scripts = await Promise.all(pages.map(scriptOf));
  if (scripts.includes(null)) return;
  for (const name of others) {
    const cache = await caches.open(name);
    const used = await Promise.all(scripts.map((script) => cache.match(script, { ignoreVary: true })));
    if (!used.some(Boolean)) await caches.delete(name);
  }
}

/** The address of the script a page was started with; null from one that sleeps. */
function scriptOf(page) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(() => resolve(null), ANSWER_MS);
    page.postMessage({ kind: 'which version' }, [port2]);
  });
}
