// Seals bytes to the server's public key (P-256): whoever holds the phone can make such a seal, only the server can open it.

export const SEAL_VERSION = 1;
const INFO = new TextEncoder().encode('diaban seal 1');
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const IV_BYTES = 12;

/** Byte arrays one after the other. */
export function joined(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The 65 bytes of an uncompressed P-256 public key ({kty, crv, x, y}). */
export async function rawKey({ kty, crv, x, y }) {
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, CURVE, true, []);
  return { key, raw: new Uint8Array(await crypto.subtle.exportKey('raw', key)) };
}

/**
 * `bytes` (Uint8Array) sealed to `publicJwk`, bound to the text `aad`; a Uint8Array of
 * version 1 ‖ ephemeral public key (65) ‖ IV (12) ‖ AES-256-GCM ciphertext and tag. The key is HKDF-SHA-256 of the ECDH
 * secret, its salt the two public keys (ephemeral first): the seal of one server key is no seal of another.
 */
export async function seal(publicJwk, bytes, aad) {
  const server = await rawKey(publicJwk);
  const ephemeral = await crypto.subtle.generateKey(CURVE, true, ['deriveBits']);
  const own = new Uint8Array(await crypto.subtle.exportKey('raw', ephemeral.publicKey));
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: server.key }, ephemeral.privateKey, 256);
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: joined(own, server.raw), info: INFO },
    await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']),
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt'],
  );
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const additionalData = new TextEncoder().encode(aad);
  const closed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, bytes);
  return joined(Uint8Array.of(SEAL_VERSION), own, iv, new Uint8Array(closed));
}
