// A record counts as delivered only by a receipt that names it and its bytes: a captive portal's 200 is none.

/** Lower-case hex SHA-256 of `bytes` (ArrayBuffer or view), by WebCrypto. */
export async function sha256(bytes) {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Whether `receipt` ({instanceID, sha256, attachments: Map name → sha256} or null) acknowledges exactly `sent`
 * ({instanceID, sha256, attachments: Map name → sha256}).
 */
export function acknowledges(receipt, sent) {
  if (!receipt || receipt.instanceID !== sent.instanceID || receipt.sha256 !== sent.sha256) return false;
  return [...sent.attachments].every(([name, hash]) => receipt.attachments.get(name) === hash);
}
