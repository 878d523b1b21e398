"""Everything a browser keeps for the app, as bytes: all of IndexedDB, of the caches, localStorage, sessionStorage."""

import base64

from playwright.sync_api import Page

_DUMP = """async () => {
  const out = [];
  const put = async (value) => {
    if (value instanceof Blob) out.push(btoa(String.fromCharCode(...new Uint8Array(await value.arrayBuffer()))));
    else if (value instanceof ArrayBuffer) await put(new Uint8Array(value));
    else if (ArrayBuffer.isView(value)) {
      let text = '';
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
      out.push(btoa(text));
    } else if (value && typeof value === 'object')
      for (const [name, inner] of Object.entries(value)) { await put(name); await put(inner); }
    else {
      const bytes = new TextEncoder().encode(String(value));
      await put(bytes);
    }
  };
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done, wrong) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = wrong;
    });
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((done) => {
        const asked = db.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      for (const row of rows) await put(row);
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    // The app's own files are the same for everybody.
    for (const { url } of await cache.keys()) {
      await put(url);
      if (!new URL(url).pathname.startsWith('/static/')) await put(await (await cache.match(url)).blob());
    }
  }
  for (const kept of [localStorage, sessionStorage]) for (const [name, value] of Object.entries(kept)) {
    await put(name);
    await put(value);
    try { out.push(btoa(atob(value))); } catch {}
  }
  return out;
}"""


def plain_of(page: Page) -> bytes:
    """All bytes and texts the page's origin keeps, one after the other."""
    return b"\n".join(base64.b64decode(piece) for piece in page.evaluate(_DUMP))
