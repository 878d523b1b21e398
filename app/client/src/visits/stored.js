// The account's own features for follow-up visits: fetched with signal, kept under the vault's key, read in steps.
import { ServerProblem, ask, bodyOf } from '../transport/asking.js';
import { current, decrypt, encrypt } from '../vault/vault.js';
import { database, durably } from '../records/database.js';
import { unmarked } from '../text/unmarked.js';
import { inSteps } from './steps.js';

const HERE = '/survey/api/features';
const AGAIN_AFTER_MS = 10 * 60 * 1000;
const last = new Map();

const rowOf = (account, layer) => `features ${account} ${layer}`;
const listOf = (account) => `visits ${account}`;

/** The layers whose features may be visited, as last heard: [{layer, title, title_en, form, count}]; null before that. */
export async function layers() {
  const row = await (await database()).get('facts', listOf(current().account));
  return row?.value ?? null;
}

/** Fetches what has changed, at most every ten minutes unless `now`. Throws ServerProblem, Locked, the database's error. */
export async function refresh({ now = false } = {}) {
  const { account } = current();
  if (!now && Date.now() - (last.get(account) ?? -Infinity) < AGAIN_AFTER_MS) return;
  await navigator.locks.request('diaban features', async () => {
    const told = await asked(HERE);
    const { layers: listed } = (await bodyOf(told, 'json')) ?? {};
    if (!Array.isArray(listed)) throw new ServerProblem('portal', { status: told.status });
    await (await database()).put('facts', { key: listOf(account), value: listed });
    for (const { layer } of listed) await renew(account, layer);
    await forgetOthers(account, listed);
    last.set(account, Date.now());
  });
}

async function asked(address, etag) {
  const headers = { Accept: 'application/json', ...(etag && { 'If-None-Match': etag }) };
  // `no-store`: the browser's own cache would keep plain answers on the disk.
  const response = await ask(address, { headers, cache: 'no-store' });
  if (!response.ok && response.status !== 304) throw new ServerProblem('server', { status: response.status });
  return response;
}

async function renew(account, layer) {
  const hash = rowOf(account, layer);
  const kept = await (await database()).get('things', hash);
  const response = await asked(`${HERE}/${encodeURIComponent(layer)}`, kept?.etag);
  if (response.status === 304) return;
  const plain = new Uint8Array(await bodyOf(response, 'arrayBuffer'));
  // The first line is whole where the answer is ours, and the last one where it came through to its end.
  const text = new TextDecoder().decode(plain);
  if (!text.startsWith(`{"layer": "${layer}"`) || !text.endsWith(']}\n')) {
    throw new ServerProblem('portal', { status: response.status });
  }
  const row = { hash, type: 'features', from: 'visits', bytes: await encrypt(plain), etag: response.headers.get('ETag'), at: Date.now() };
  await durably(['things'], (tx) => tx.objectStore('things').put(row));
}

async function forgetOthers(account, listed) {
  const wanted = new Set(listed.map(({ layer }) => rowOf(account, layer)));
  const range = IDBKeyRange.bound(rowOf(account, ''), rowOf(account, '\uffff'));
  const keys = await (await database()).getAllKeys('things', range);
  for (const key of keys) if (!wanted.has(key)) await (await database()).delete('things', key);
}

/**
 * {layer, title, form, more, units: id → name, at, rows: [{id, version, label, commune, hamlet, observed, answers,
 * geometry, folded}]} as kept on the phone, null where it isn't. Reads some rows, breathes, and goes on: no step is long.
 * Throws Locked.
 */
export async function features(layer) {
  const kept = await (await database()).get('things', rowOf(current().account, layer));
  if (!kept) return null;
  const text = new TextDecoder().decode(await decrypt(kept.bytes));
  const end = text.indexOf('\n');
  const head = JSON.parse(`${text.slice(0, end)}]}`);
  const rows = [];
  let at = end + 1;
  await inSteps(() => {
    const next = text.indexOf('\n', at);
    const line = text.slice(at, next);
    if (next < 0 || line === ']}') return false;
    const row = JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line);
    const place = [head.units[row.hamlet], head.units[row.commune]].filter(Boolean).join(', ');
    rows.push(Object.freeze({ ...row, place, folded: unmarked(`${row.label} ${place}`) }));
    at = next + 1;
    return true;
  });
  return { ...head, rows, at: kept.at };
}
