// What the phone keeps to work with no network: facts by name, things by the hash of their bytes, and what of them each
// account's package is made of. Storage that can't be used counts as empty: the app then works from the network.
import { database } from '../records/database.js';
import { current, decrypt, encrypt } from '../vault/vault.js';

export async function fact(key) {
  try {
    return (await (await database()).get('facts', key))?.value ?? null;
  } catch (error) {
    console.warn(error);
    return null;
  }
}

export async function keepFact(key, value) {
  try {
    await (await database()).put('facts', { key, value });
  } catch (error) {
    console.warn(error);
  }
}

export const things = {
  /** {hash, type, bytes: Uint8Array, at} or undefined, also where it is closed and this account can't open it now. */
  async get(hash) {
    try {
      const row = await (await database()).get('things', hash);
      return row?.closed ? { ...row, bytes: await decrypt(row.bytes) } : row;
    } catch (error) {
      // A locked phone is no fault, and what another account's key closed is not for this one.
      if (error.kind !== 'locked' && error.name !== 'OperationError') console.warn(error);
      return undefined;
    }
  },
  /** Throws where there is no room. */
  async put(hash, type, bytes) {
    await (await database()).put('things', { hash, type, bytes, at: Date.now(), from: 'package' });
  },
  /** The same under the open account's draft key: what tells of the office's features. Throws Locked too. */
  async close(hash, type, bytes) {
    const row = { hash, type, bytes: await encrypt(bytes), closed: true, at: Date.now(), from: 'package' };
    await (await database()).put('things', row);
  },
  async drop(hash) {
    await (await database()).delete('things', hash);
  },
};

/** Whether the phone is open for this account: only then what is closed under its key can be renewed. */
export function isOpenFor(account) {
  try {
    return current().account === account;
  } catch {
    return false;
  }
}

const name = (account) => `package ${account}`;
const EMPTY = { forms: [], versions: {}, also: {}, at: null, done: 0, of: 0 };

/**
 * {forms: the list as last seen whole, versions: `id version` → {hash, files: [{name, hash, downloadUrl}], listed},
 * also: address → {hash, etag}, at: when last complete (ISO) or null, done, of} of an account.
 */
export const packageOf = async (account) => ({ ...EMPTY, ...(await fact(name(account))) });

/** Changes a package in one transaction, so that two pages don't lose each other's change. */
export async function changePackage(account, change) {
  const tx = (await database()).transaction('facts', 'readwrite');
  const value = { ...structuredClone(EMPTY), ...(await tx.store.get(name(account)))?.value };
  change(value);
  await Promise.all([tx.store.put({ key: name(account), value }), tx.done]);
  return value;
}
