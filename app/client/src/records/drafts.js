// Forms begun and not finished, encrypted with the account's draft key; their files each on its own, encrypted once.
import { shut, unshut } from '../vault/boxes.js';
import { current } from '../vault/vault.js';
import { database, durably } from './database.js';
import { headed, unheaded } from './headed.js';
import * as lastResort from './last_resort.js';
import { tell } from './news.js';
import { isFull } from './storage.js';

const XML = 'xml_submission_file';

// Draft id → file name → {file, id: its row, saved: whether the draft names it}: what is on the disk isn't written again.
const written = new Map();
let last = Promise.resolve();

/** One after the other: two savings of one draft must not cross. */
function inTurn(work) {
  const turn = last.then(work, work);
  last = turn.catch(() => {});
  return turn;
}

const filesOf = (id) => written.get(id) ?? written.set(id, new Map()).get(id);

async function rowOf({ account, key }, draft, file) {
  const id = `${draft}/${crypto.randomUUID()}`;
  const box = await shut(key, new Uint8Array(await file.arrayBuffer()), `photo ${id}`);
  return { id, draft, account, ...box };
}

/** Puts a file of the draft on the disk before it becomes an answer. Throws the database's error, e.g. when it is full. */
export function keep(draft, file) {
  return inTurn(async () => {
    const row = await rowOf(current(), draft, file);
    await durably(['photos'], (tx) => tx.objectStore('photos').put(row));
    filesOf(draft).set(file.name, { file, id: row.id, saved: false });
  });
}

/** The row of a draft: what a list may show, and the rest in one box. */
async function boxed({ account, key }, { id, form, about }, xml, named) {
  const files = [...named].map(([name, { file, id: row }]) => ({ name, type: file.type, row }));
  const inside = headed({ about, files }, new Uint8Array(await xml.arrayBuffer()));
  const savedAt = new Date().toISOString();
  return { id, account, form, savedAt, ...(await shut(key, inside, `draft ${id}`)) };
}

/**
 * Saves {id, form: {id, version, title, hash, downloadUrl, manifestUrl}, files: [File], about}: the entries of the engine's
 * payload, the XML named `xml_submission_file`. On the disk when it resolves; returns the row, with `cramped: true` where
 * only the text found room. Throws Locked, QuotaExceededError.
 */
export function save({ id, form, files, about = {} }) {
  return inTurn(async () => {
    const vault = current();
    const known = filesOf(id);
    const xml = files.find(({ name }) => name === XML);
    const fresh = new Map();
    const now = new Map();
    for (const file of files.filter((one) => one !== xml)) {
      const held = known.get(file.name);
      // The engine makes a File of its own from the one put down; names are given once, so name and size tell it.
      const same = held && (held.file === file || (!held.saved && held.file.size === file.size));
      const row = same ? held : await rowOf(vault, id, file);
      if (!same) fresh.set(file.name, row);
      now.set(file.name, { file, id: row.id, saved: true });
    }
    const row = await boxed(vault, { id, form, about }, xml, now);
    // A file put down a moment ago, whose answer comes with the next saving, stays.
    const others = [...known.values()].filter((held) => now.get(held.file.name)?.id !== held.id);
    try {
      await durably(['drafts', 'photos'], (tx) =>
        Promise.all([
          ...[...fresh.values()].map((photo) => tx.objectStore('photos').put(photo)),
          ...others.filter((held) => held.saved).map((held) => tx.objectStore('photos').delete(held.id)),
          tx.objectStore('drafts').put(row),
        ]),
      );
    } catch (error) {
      if (!isFull(error)) throw error;
      const placed = [...now].filter(([name]) => !fresh.has(name));
      lastResort.put(await boxed(vault, { id, form, about }, xml, placed));
      return { ...row, cramped: true };
    }
    lastResort.drop(id);
    for (const held of others) if (!held.saved && !now.has(held.file.name)) now.set(held.file.name, held);
    written.set(id, now);
    tell({ kind: 'draft', id });
    return row;
  });
}

async function newest(id) {
  const row = await (await database()).get('drafts', id);
  const text = lastResort.get(id);
  return text && !(row?.savedAt > text.savedAt) ? text : row;
}

/** The open account's drafts, the newest first: [{id, account, form, savedAt}]. */
export async function all(account = current().account) {
  const rows = await (await database()).getAllFromIndex('drafts', 'account', account);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of lastResort.all()) if (row.account === account) byId.set(row.id, row);
  return [...byId.values()]
    .map(({ id, form, savedAt }) => ({ id, account, form, savedAt }))
    .sort((one, two) => (one.savedAt < two.savedAt ? 1 : -1));
}

/** The draft as it was saved, its files by their names, or null when there is none. Throws Locked. */
export function load(id) {
  return inTurn(async () => {
    const { account, key } = current();
    const row = await newest(id);
    if (!row || row.account !== account) return null;
    const { header, rest } = unheaded(await unshut(key, row, `draft ${id}`));
    const now = new Map();
    for (const { name, type, row: photo } of header.files) {
      const box = await (await database()).get('photos', photo);
      if (!box) continue;
      const file = new File([await unshut(key, box, `photo ${photo}`)], name, { type });
      now.set(name, { file, id: photo, saved: true });
    }
    written.set(id, now);
    await sweep(id, now);
    const xml = new File([rest], XML, { type: 'text/xml' });
    const files = [xml, ...[...now.values()].map(({ file }) => file)];
    return { id, form: row.form, savedAt: row.savedAt, about: header.about, files };
  });
}

// What was put down for an answer that was never saved.
async function sweep(id, now) {
  const held = new Set([...now.values()].map(({ id: row }) => row));
  const rows = await (await database()).getAllKeysFromIndex('photos', 'draft', id);
  const left = rows.filter((row) => !held.has(row));
  if (left.length) await durably(['photos'], (tx) => Promise.all(left.map((row) => tx.objectStore('photos').delete(row))));
}

/** Takes a draft and its files out, within a transaction over `drafts` and `photos`. */
export async function remove(tx, id) {
  const rows = await tx.objectStore('photos').index('draft').getAllKeys(id);
  await Promise.all([
    tx.objectStore('drafts').delete(id),
    ...rows.map((row) => tx.objectStore('photos').delete(row)),
  ]);
}

/** Throws a draft away; the caller has asked first. */
export function discard(id) {
  return inTurn(async () => {
    await durably(['drafts', 'photos'], (tx) => remove(tx, id));
    lastResort.drop(id);
    forget(id);
    tell({ kind: 'draft', id });
  });
}

/** Nothing plain of the draft is left here; of any, without `id` (after the lock). */
export function forget(id) {
  if (id) written.delete(id);
  else written.clear();
}
