// A phone without a byte left still has the few megabytes of localStorage, which count apart: there an encrypted text waits
// until the database takes it again.
import { fromBase64, toBase64 } from '../vault/base64.js';

const PREFIX = 'diaban draft ';

/** Keeps a draft's row. Throws QuotaExceededError where even this is full. */
export function put({ iv, bytes, ...row }) {
  localStorage.setItem(PREFIX + row.id, JSON.stringify({ ...row, iv: toBase64(iv), bytes: toBase64(bytes) }));
}

export const drop = (id) => localStorage.removeItem(PREFIX + id);

export function get(id) {
  const text = localStorage.getItem(PREFIX + id);
  if (!text) return null;
  const row = JSON.parse(text);
  return { ...row, iv: fromBase64(row.iv), bytes: fromBase64(row.bytes) };
}

export const all = () =>
  Object.keys(localStorage)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => get(name.slice(PREFIX.length)));
