// Sends what is sealed, from the page and from the service worker alike, never from both at once. Needs no key: the seals
// were made when the records were finished, so a locked phone sends too.
import { database, durably } from '../records/database.js';
import { listen, tell } from '../records/news.js';
import { sha256 } from '../transport/receipt.js';
import { confirms, entry } from './receipt.js';
import { upload } from './uploads.js';
import { backoff, spread } from './waiting.js';
import { SendProblem, call, jsonOf } from './wire.js';

export const TAG = 'diaban-send';
const LOCK = 'diaban sending';
const WAIT = 'sending'; // fact: {failures, retryAt (ours), busyUntil (what the server asked for)}
const CALM = { failures: 0, retryAt: 0, busyUntil: 0 };
// What trying again can't change. Anything else is tried again.
const FINAL = new Set(['submission_changed', 'submission_classified', 'upload_too_large']);
const ANOTHER_SENDS_MS = 3000;

/**
 * Sends every record that is due; with `force` also those that wait for their next try, with `afresh` as if the network
 * had never failed, but never before the time that the server asked for. {left, signin, nextAt, options}: how many are left to send by themselves, whether somebody must sign in
 * first, when to call again (ms since 1970, or null), and with which options.
 */
export async function sendAll({ force = false, afresh = force } = {}) {
  if (!navigator.locks) return pass(force, afresh);
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) =>
    lock ? pass(force, afresh) : state({ nextAt: Date.now() + ANOTHER_SENDS_MS, options: { force, afresh } }),
  );
}

async function pass(force, afresh) {
  const seen = new Set();
  for (;;) {
    const wait = await waits();
    const now = Date.now();
    if (wait.busyUntil > now || (wait.retryAt > now && !afresh)) return state();
    const row = (await rows()).find((one) => !seen.has(one.id) && (force || due(one, now)));
    if (!row) return state();
    seen.add(row.id);
    try {
      await deliver(row);
      if (wait.failures || wait.busyUntil) await note(CALM);
    } catch (error) {
      const problem = error instanceof SendProblem ? error : new SendProblem('server', { message: String(error) });
      await failed(row, problem, wait);
      if (problem.kind === 'signin') return state({ signin: true });
      if (problem.kind !== 'server') return state();
    }
  }
}

const due = ({ state: now, nextTry }, at) => now !== 'refused' && (nextTry ?? 0) <= at;

/** Envelopes, oldest first. */
export async function rows() {
  const found = await (await database()).getAll('sealed');
  return found.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1));
}

async function waits() {
  return (await (await database()).get('facts', WAIT))?.value ?? CALM;
}

async function note(value) {
  await (await database()).put('facts', { key: WAIT, value });
}

/** When the phone itself tries again, for all records: ms since 1970, 0 where nothing holds it back. */
export async function heldUntil() {
  const { retryAt, busyUntil } = await waits();
  return Math.max(retryAt, busyUntil);
}

async function state({ signin = false, nextAt = null, options = {} } = {}) {
  const left = (await rows()).filter((row) => row.state !== 'refused');
  const held = await heldUntil();
  const next = left.length && !signin ? Math.max(held, Math.min(...left.map((row) => row.nextTry ?? 0)), Date.now()) : null;
  return { left: left.length, signin, nextAt: nextAt ?? next, options };
}

async function deliver(row) {
  const size = row.bytes.length + row.files.reduce((sum, file) => sum + file.bytes, 0);
  let before = 0;
  const progress = (sent) => tell({ kind: 'sending', id: row.id, sent: before + sent, bytes: size });
  progress(0);
  const db = await database();
  const bring = async ({ part, bytes }, begun) => {
    const kept = await db.get('parts', part);
    if (!kept) throw new SendProblem('server', { code: 'part_lost' });
    await upload(part, kept.bytes, { begun, progress });
    before += bytes;
  };
  // Brought before, and only the acknowledgement was lost: the record itself is enough then.
  if (!row.brought) {
    for (const file of row.files) await bring(file, row.tries > 0);
    if (row.files.length) await change(row.id, { brought: true });
  }
  let receipt;
  try {
    receipt = await hand(row);
  } catch (problem) {
    if (problem.code !== 'parts_missing') throw problem;
    const missing = new Set(problem.facts.parts);
    before = 0;
    for (const file of row.files) if (missing.has(file.part)) await bring(file, true);
    receipt = await hand(row);
  }
  const acknowledged = entry(receipt, row, new Date().toISOString());
  await durably(['sealed', 'parts', 'ledger'], async (tx) => {
    const parts = tx.objectStore('parts');
    const keys = await parts.index('record').getAllKeys(row.id);
    await Promise.all([
      tx.objectStore('ledger').put(acknowledged),
      tx.objectStore('sealed').delete(row.id),
      ...keys.map((key) => parts.delete(key)),
    ]);
  });
  tell({ kind: 'acknowledged', id: row.id, state: acknowledged.state });
}

/** The receipt for the record's own bytes. Throws SendProblem, also where the answer is no receipt for them. */
async function hand(row) {
  const response = await call('/survey/api/records', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/octet-stream',
      'X-Diaban-Key': row.keyId,
      'X-Diaban-Record': row.id,
      'X-Diaban-Parts': row.files.map(({ part }) => part).join(','),
    },
    body: row.bytes,
    ours: ({ status, headers }) =>
      (status === 201 || status === 202) && headers.get('Content-Type')?.startsWith('application/json'),
  });
  const receipt = await jsonOf(response);
  if (!confirms(receipt, row, await sha256(row.bytes))) throw new SendProblem('portal', { status: response.status });
  return receipt;
}

/** Changes what is known of a record, as long as it is still here. */
async function change(id, known) {
  await durably(['sealed'], async (tx) => {
    const kept = await tx.store.get(id);
    if (kept) await tx.store.put({ ...kept, ...known });
  });
}

async function failed(row, problem, wait) {
  const now = Date.now();
  const final = FINAL.has(problem.code);
  const tries = (row.tries ?? 0) + 1;
  const told = { code: problem.code || problem.kind, message: problem.said };
  if (problem.kind === 'busy') await note({ ...wait, busyUntil: now + spread(problem.wait || backoff(wait.failures + 1)) });
  if (problem.kind === 'offline' || problem.kind === 'portal') {
    const failures = wait.failures + 1;
    await note({ ...wait, failures, retryAt: now + backoff(failures) });
  }
  const nextTry = problem.kind === 'server' ? now + backoff(tries) : 0;
  await change(row.id, { tries, nextTry, problem: told, state: final ? 'refused' : 'waiting' });
  tell({ kind: 'kept', id: row.id, problem: told });
  if (problem.kind === 'signin') tell({ kind: 'signin' });
}

/** A refused record was saved to a file: it may be thrown away now. */
export async function noteSaved(id) {
  await change(id, { saved: new Date().toISOString() });
  tell({ kind: 'kept', id, problem: null });
}

/** Takes a record off the phone that the server refuses for good. */
export async function discard(id) {
  await durably(['sealed', 'parts'], async (tx) => {
    const parts = tx.objectStore('parts');
    const keys = await parts.index('record').getAllKeys(id);
    await Promise.all([tx.objectStore('sealed').delete(id), ...keys.map((key) => parts.delete(key))]);
  });
  tell({ kind: 'kept', id, problem: null });
}

let timer = null;
let running = null;
let again = false;

/** Sends now, whatever the next try was set for. */
export const nudge = () => run({ force: true });

async function run(options = {}) {
  clearTimeout(timer);
  if (running) {
    again = { ...again, ...options };
    return running;
  }
  running = sendAll(options).finally(() => (running = null));
  const { left, signin, nextAt, options: then } = await running;
  if (left) askTheBrowser();
  if (again) {
    const next = again;
    again = false;
    return run(next);
  }
  // Not later than that: timers of a sleeping page are late anyway, and its clock may jump.
  if (!signin && nextAt !== null) timer = setTimeout(() => run(then), Math.min(Math.max(nextAt - Date.now(), 500), 60_000));
  return { left, signin, nextAt };
}

/** Where the browser can, it wakes the service worker when there is signal, also after the page is closed. */
async function askTheBrowser() {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register(TAG);
  } catch {
    // Not allowed here: the page itself goes on trying.
  }
}

let started = false;

/**
 * In a page: sends now and from now on, by itself. Whoever opens the app or finishes a record shows that there may be
 * signal now: it is tried at once, however long the phone would have waited after all that failed before.
 */
export function start() {
  if (started) return;
  started = true;
  const go = () => run({ afresh: true }).catch((error) => console.error(error));
  listen(({ kind }) => kind === 'queued' && go());
  globalThis.addEventListener('online', () => nudge().catch((error) => console.error(error)));
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && go());
  go();
}
