// Everything an account needs to work for days with no network, fetched after signing in and renewed at each start.
import { ServerProblem, ask, askFor, bodyOf } from '../transport/asking.js';
import { sha256 } from '../transport/receipt.js';
import { askedMe, presentId } from '../transport/server.js';
import { database } from '../records/database.js';
import { Locked } from '../vault/vault.js';
import { readFormList } from '../transport/openrosa_xml.js';
import { fetchedForm, keptForm, keyOf, thing } from './forms.js';
import { changePackage, isOpenFor, packageOf, things } from './stored.js';

export { things };

// What is kept beside forms and their lists: an address, or one for each form, how its answer is recognised, and whether it
// tells of the office's features: that is kept under the account's key.
const ALSO = [
  { address: '/survey/api/boundaries', whole: (data) => data.type === 'FeatureCollection' },
  { address: '/survey/api/hamlets', whole: (data) => Array.isArray(data.hamlets) },
  { eachForm: ({ id }) => `/survey/api/nearby/${encodeURIComponent(id)}`, whole: (data) => Array.isArray(data.places), closed: true },
];
const AT_ONCE = 2;
// Beyond this, pictures and sounds of forms are fetched when they are shown; forms and lists are kept all the same.
const MOST_BYTES = 60e6;
const DAY_MS = 24 * 3600 * 1000;
const VERSION_KEPT_MS = 60 * DAY_MS;

/**
 * The JSON at `address` as kept for the present account, else from the network and then kept; null where neither has it.
 */
export async function json(address) {
  const account = await presentId();
  const { also } = await packageOf(account);
  const kept = also[address] && (await things.get(also[address].hash));
  if (kept) return JSON.parse(new TextDecoder().decode(kept.bytes));
  try {
    return await renewed(account, address, kindOf(address));
  } catch {
    return null;
  }
}

const BESIDE_FORM = ALSO.find(({ eachForm }) => eachForm);
const kindOf = (address) =>
  ALSO.find((one) => one.address === address) ??
  (address.startsWith(BESIDE_FORM.eachForm({ id: '' })) ? BESIDE_FORM : { whole: () => true });

/** Renews the package; `tell({done, of, problem})` as it goes. One page at a time; does nothing while another does. */
export async function refresh(tell = () => {}) {
  return navigator.locks.request('diaban package', { ifAvailable: true }, (lock) => lock && renewAll(tell));
}

async function renewAll(tell) {
  const { id: account } = await askedMe();
  // Someone else has signed in meanwhile, or nobody has given the PIN yet.
  if (!isOpenFor(account)) throw new Locked('the phone is not open for this account');
  const forms = await askFor('/openrosa/formList', readFormList);
  const room = { left: MOST_BYTES - (await bytesKept()) };
  const steps = [
    ...forms.map((form) => () => wholeForm(account, form, room)),
    ...ALSO.flatMap((kind) =>
      (kind.eachForm ? forms.map(kind.eachForm) : [kind.address]).map((one) => () => renewed(account, one, kind)),
    ),
  ];
  const state = { done: 0, of: steps.length, problem: null };
  tell(state);
  const waiting = [...steps];
  const work = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      try {
        await step();
        state.done += 1;
      } catch (error) {
        state.problem = error;
        if (error.kind === 'signin') waiting.length = 0;
      }
      tell({ ...state });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const now = new Date().toISOString();
  const usable = await usableForms(account, forms);
  await changePackage(account, (kept) => {
    Object.assign(kept, { forms: usable, done: state.done, of: state.of });
    if (state.done === state.of) kept.at = now;
  });
  if (!state.problem) await prune(account, forms);
  return { ...state, account, at: state.done === state.of ? now : null };
}

/** The list offline: each form in its newest version that is here as a whole. */
async function usableForms(account, forms) {
  const before = new Map((await packageOf(account)).forms.map((form) => [form.id, form]));
  const usable = [];
  for (const form of forms) {
    if (await keptForm(account, form)) usable.push(form);
    else if (before.has(form.id)) usable.push(before.get(form.id));
  }
  return usable;
}

async function wholeForm(account, form, room) {
  const { files } = await fetchedForm(account, form);
  for (const { hash, downloadUrl, key } of files) {
    if (room.left <= 0) return;
    if (!(await things.get(key ?? hash))) room.left -= (await thing(hash, downloadUrl, key)).bytes.length;
  }
}

async function bytesKept() {
  let sum = 0;
  const tx = (await database()).transaction('things');
  for await (const { value } of tx.store) sum += value.bytes?.length ?? 0;
  return sum;
}

/** Fetches the JSON at `address` unless it is as kept; null where the server has none for this account. */
async function renewed(account, address, { whole, closed = false }) {
  const before = (await packageOf(account)).also[address];
  const held = before && (await things.get(before.hash));
  // Kept before in the open: fetched anew, and closed.
  const kept = held && Boolean(held.closed) === closed ? before : null;
  const headers = { Accept: 'application/json', ...(kept?.etag && { 'If-None-Match': kept.etag }) };
  // `no-store`: the browser's own cache would keep it plain on the disk.
  const response = await ask(address, { headers, ...(closed && { cache: 'no-store' }) });
  if (response.status === 304 && kept) return parsed(held.bytes);
  if (response.status === 404 || response.status === 403) return forget(account, address);
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const bytes = new Uint8Array(await bodyOf(response, 'arrayBuffer'));
  const data = parsed(bytes);
  if (!data || !whole(data)) throw new ServerProblem('portal', { status: response.status });
  const hash = closed ? `${address} of ${account}` : `${address} ${await sha256(bytes)}`;
  if (closed) await things.close(hash, 'application/json', bytes);
  else await things.put(hash, 'application/json', bytes);
  await changePackage(account, (all) => (all.also[address] = { hash, etag: response.headers.get('ETag') }));
  if (closed && before && before.hash !== hash) await things.drop(before.hash);
  return data;
}

async function forget(account, address) {
  await changePackage(account, ({ also }) => delete also[address]);
  return null;
}

function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/** Drops what no account's package names any more; versions a draft was begun with stay. */
async function prune(account, forms) {
  const db = await database();
  const drafts = new Set((await db.getAll('drafts')).map(({ form }) => form && keyOf(form)));
  const listed = new Set(forms.map(keyOf));
  await changePackage(account, ({ versions, also }) => {
    for (const [key, { listed: at }] of Object.entries(versions)) {
      if (!listed.has(key) && !drafts.has(key) && Date.now() - at > VERSION_KEPT_MS) delete versions[key];
    }
    const addresses = new Set(ALSO.flatMap(({ address, eachForm }) => (eachForm ? forms.map(eachForm) : [address])));
    for (const address of Object.keys(also)) if (!addresses.has(address)) delete also[address];
  });
  const named = new Set();
  for (const { key, value } of await db.getAll('facts')) {
    if (!key.startsWith('package ')) continue;
    for (const { hash, files } of Object.values(value.versions)) [hash, ...files.map((file) => file.key ?? file.hash)].forEach((h) => named.add(h));
    for (const { hash } of Object.values(value.also)) named.add(hash);
  }
  const tx = db.transaction('things', 'readwrite');
  for await (const cursor of tx.store) {
    const { hash, from, at } = cursor.value;
    // What came today may be of a form that is only now being opened.
    if (from === 'package' && !named.has(hash) && Date.now() - at > DAY_MS) await cursor.delete();
  }
  await tx.done;
}
