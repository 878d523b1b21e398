// Encrypts with a key that stays on the phone: drafts, photos, and the draft key itself under a PIN.

// OWASP's figure for PBKDF2-HMAC-SHA-256; stored with each wrapping, so that it can grow.
export const ITERATIONS = 600_000;
const GCM = 'AES-GCM';
export const IV_BYTES = 12;
const utf8 = new TextEncoder();

/** {iv, bytes}: `bytes` under `key`, bound to the text `aad`. */
export async function shut(key, bytes, aad) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const closed = await crypto.subtle.encrypt({ name: GCM, iv, additionalData: utf8.encode(aad) }, key, bytes);
  return { iv, bytes: new Uint8Array(closed) };
}

/** The bytes in a box made by `shut`; throws where key, bytes or `aad` is another. */
export async function unshut(key, { iv, bytes }, aad) {
  const opened = await crypto.subtle.decrypt({ name: GCM, iv, additionalData: utf8.encode(aad) }, key, bytes);
  return new Uint8Array(opened);
}

export const freshKey = () => crypto.getRandomValues(new Uint8Array(32));

/** A key the page can use and nobody can read out again. */
export const usable = (raw) => crypto.subtle.importKey('raw', raw, GCM, false, ['encrypt', 'decrypt']);

async function underPin(pin, salt, iterations) {
  const material = await crypto.subtle.importKey('raw', utf8.encode(pin), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return crypto.subtle.deriveKey(how, material, { name: GCM, length: 256 }, false, ['encrypt', 'decrypt']);
}

/** The draft key `raw` wrapped by a PIN: {salt, iterations, iv, bytes}. */
export async function wrap(raw, pin, iterations = ITERATIONS) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { salt, iterations, ...(await shut(await underPin(pin, salt, iterations), raw, 'draft key')) };
}

/** The draft key in `wrapped`; null for a wrong PIN. */
export async function unwrap(wrapped, pin) {
  const key = await underPin(pin, wrapped.salt, wrapped.iterations);
  try {
    return await unshut(key, wrapped, 'draft key');
  } catch {
    return null;
  }
}
