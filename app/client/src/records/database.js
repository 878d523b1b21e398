// The phone's own database: one schema for the page and its service worker. Nothing here is an answer in plain text.
import { openDB } from 'idb';

const NAME = 'diaban';
const VERSION = 1;

// Store → its key. What a row holds stands with the module that writes it.
const STORES = {
  facts: 'key', //       small snapshots: who was signed in, the form list, settings   {key, value}
  things: 'hash', //     forms, lists, boundaries; features encrypted                  {hash, type, bytes, at, closed}
  vaults: 'account', //  each account's wrapped draft key                              {account, …}
  drafts: 'id', //       encrypted with the draft key                                  {id, account, form, savedAt, …}
  photos: 'id', //       a draft's files, encrypted with the draft key                 {id, draft, …}
  sealed: 'id', //       finished records, sealed to the server's key                  {id: instanceID, account, …}
  parts: 'hash', //      a finished record's files, sealed                             {hash, record, bytes}
  ledger: 'id', //       what the server acknowledged                                  {id: instanceID, sha256, at, …}
};
const INDEXES = { drafts: ['account'], photos: ['draft'], sealed: ['account'], parts: ['record'], ledger: ['at'] };

let opened = null;

/** The open database; asked again after the browser closed it. */
export function database() {
  opened ??= openDB(NAME, VERSION, {
    upgrade(db) {
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (db.objectStoreNames.contains(name)) continue;
        const store = db.createObjectStore(name, { keyPath });
        for (const index of INDEXES[name] ?? []) store.createIndex(index, index);
      }
    },
    // A newer version of the app waits for this one: give way at once, the next call opens it again.
    blocking: (_current, _blocked, { target }) => {
      target.close();
      opened = null;
    },
    terminated: () => (opened = null),
  });
  return opened;
}

/** One transaction over `stores` whose rows are on the disk when it resolves: all of `work`, or nothing of it. */
export async function durably(stores, work) {
  const tx = (await database()).transaction(stores, 'readwrite', { durability: 'strict' });
  try {
    // `done` is awaited together with the work: an aborted transaction must not pass as a written one.
    const [result] = await Promise.all([work(tx), tx.done]);
    return result;
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // It is over already.
    }
    // A single row only says that the transaction was aborted; the transaction knows why, e.g. that the disk is full.
    throw await tx.done.then(
      () => error,
      (why) => (why && why.name !== 'AbortError' ? why : error),
    );
  }
}
