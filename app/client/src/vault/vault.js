// Each account's draft key on this phone: made once, wrapped by a PIN and sealed to the server, in use only while unlocked.
import { ref } from 'vue';
import { database, durably } from '../records/database.js';
import { isFull } from '../records/storage.js';
import { toBase64 } from './base64.js';
import { IV_BYTES, freshKey, shut, unshut, unwrap, usable, wrap } from './boxes.js';
import { waitAfter } from './pin.js';
import { joined, seal } from './seal.js';
import { fetchKeys, recovered } from './server_keys.js';

const utf8 = new TextEncoder();
let open = null;

/** The account whose vault is unlocked in this page, else null; for views to follow. */
export const unlocked = ref(null);

export class Locked extends Error {
  kind = 'locked';
}

/** {account, key, author} while unlocked; throws Locked. */
export function current() {
  if (!open) throw new Locked('the vault is locked');
  return open;
}

/** The stored row of an account: {account, wrapped, sealed, keyId, author, tries, until}; undefined before set-up. */
export const stored = async (account) => (await database()).get('vaults', account);

async function begin(account, raw, author) {
  open = { account, key: await usable(raw), author };
  unlocked.value = account;
}

/** Makes the account's draft key; needs the server once. Throws ServerProblem. */
export async function setUp(account, pin) {
  // A key that was there already is never replaced: drafts hang on it.
  if (await stored(account)) throw new Error('this account has a vault here');
  const { key, author } = await fetchKeys();
  const raw = freshKey();
  const inside = utf8.encode(JSON.stringify({ author, key: toBase64(raw) }));
  const row = {
    account,
    wrapped: await wrap(raw, pin),
    sealed: await seal(key.jwk, inside, 'draft key'),
    keyId: key.id,
    author: await shut(await usable(raw), utf8.encode(author), 'author'),
    tries: 0,
    until: 0,
  };
  await durably(['vaults'], (tx) => tx.objectStore('vaults').add(row));
  await begin(account, raw, author);
}

// Tries counted where the phone has no room to write them down: it must open all the same.
const counted = new Map();

async function count(row, tries, until) {
  counted.set(row.account, { tries, until });
  try {
    await durably(['vaults'], (tx) => tx.objectStore('vaults').put({ ...row, tries, until }));
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/** {open: true} or {open: false, wait: milliseconds until the next try, tries}. */
export async function unlock(account, pin, now = Date.now()) {
  const row = { ...(await stored(account)), ...counted.get(account) };
  if (row.until > now) return { open: false, wait: row.until - now, tries: row.tries };
  // Counted before it is tried: closing the app in between wins nothing.
  const tries = row.tries + 1;
  const until = now + waitAfter(tries);
  await count(row, tries, until);
  const raw = await unwrap(row.wrapped, pin);
  if (!raw) return { open: false, wait: until - now, tries };
  await count(row, 0, 0);
  const author = await unshut(await usable(raw), row.author, 'author');
  await begin(account, raw, new TextDecoder().decode(author));
  return { open: true };
}

export function lock() {
  open = null;
  unlocked.value = null;
}

/** The PIN forgotten: the server opens the sealed draft key for its own account, and a new PIN wraps it. Throws ServerProblem. */
export async function renew(account, pin) {
  const row = await stored(account);
  const raw = await recovered(row.keyId, row.sealed);
  const author = await unshut(await usable(raw), row.author, 'author');
  const wrapped = await wrap(raw, pin);
  await durably(['vaults'], (tx) => tx.objectStore('vaults').put({ ...row, wrapped, tries: 0, until: 0 }));
  counted.delete(account);
  await begin(account, raw, new TextDecoder().decode(author));
}

/** Any bytes under the open account's draft key, IV first. Throws Locked. */
export async function encrypt(bytes) {
  const { iv, bytes: closed } = await shut(current().key, bytes, 'kept');
  return joined(iv, closed);
}

/** The bytes given to `encrypt`. Throws Locked, or where another account's key made them. */
export const decrypt = (bytes) =>
  unshut(current().key, { iv: bytes.subarray(0, IV_BYTES), bytes: bytes.subarray(IV_BYTES) }, 'kept');

/** With signal: the server's key of today for new seals, and its newest word on who writes here. Throws ServerProblem. */
export async function refresh() {
  const { author } = await fetchKeys();
  if (!open || author === open.author) return;
  const { account, key } = open;
  const box = await shut(key, utf8.encode(author), 'author');
  const row = await stored(account);
  await durably(['vaults'], (tx) => tx.objectStore('vaults').put({ ...row, author: box }));
  open = { ...open, author };
}

