// Files as they were built, or none at all: whoever else answers (a captive portal, a half download) has other bytes.

/** A file of the build ({url, integrity}) from the network. Throws unless every byte is as built. */
export async function fetchedWhole({ url, integrity }) {
  try {
    return await whole(url, integrity, 'default');
  } catch {
    // The browser's own cache may hold what an earlier build gave under this name.
    return whole(url, integrity, 'reload');
  }
}

async function whole(url, integrity, cache) {
  const response = await fetch(url, { integrity, cache, credentials: 'same-origin', priority: 'low', redirect: 'error' });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

/** Whether `response` holds the bytes the build named `integrity` (sha256-<base64>). */
export async function asBuilt(response, integrity) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  return `sha256-${btoa(String.fromCharCode(...digest))}` === integrity;
}
