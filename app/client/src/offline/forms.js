// A form with its lists, whole or not at all: every part is known by its hash, and lists of two states never meet.
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { OPENROSA, ServerProblem, ask, askFor, bodyOf } from '../transport/asking.js';
import { readManifest } from '../transport/openrosa_xml.js';
import { changePackage, packageOf, things } from './stored.js';

// Lists decide what can be answered and must be there first; pictures and sounds may come when they are shown.
const LIST = /\.(csv|xml|geojson)$/i;
// Lists of units, which anybody may know.
const UNITS = ['communes.csv', 'hamlets.csv'];
const ENTITIES = /<entity\b[^>]*\bdataset="(\w+)"/g;
const XFORMS = 'http://www.w3.org/2002/xforms';

export const keyOf = ({ id, version }) => `${id} ${version}`;

/** The form as the phone keeps it, {hash, files}; null where a part of it is missing. */
export async function keptForm(account, wanted) {
  const { versions } = await packageOf(account);
  const entry = versions[keyOf(wanted)];
  if (!entry || (wanted.hash && wanted.hash !== entry.hash)) return null;
  const needed = [entry.hash, ...entry.files.filter(({ name }) => LIST.test(name)).map(({ key, hash }) => key ?? hash)];
  for (const hash of needed) if (!(await things.get(hash))) return null;
  return entry;
}

/**
 * The form as the server has it now, {hash, files}, every list fetched, and kept for later; `files` as listed just now.
 * Throws ServerProblem.
 */
export async function fetchedForm(account, wanted, files) {
  const xform = xformOf(wanted);
  const [hash, listed] = await Promise.all([
    xform,
    (files ? Promise.resolve(files) : listedFiles(wanted)).then((found) => withLists(account, xform, found)),
  ]);
  const entry = { hash, files: listed, listed: Date.now() };
  await changePackage(account, ({ versions }) => (versions[keyOf(wanted)] = entry)).catch(console.warn);
  return entry;
}

const addressOf = ({ id, version }) => `/openrosa/forms/${encodeURIComponent(id)}/${encodeURIComponent(version)}`;

/** The form's files as the server lists them now: [{name, hash, downloadUrl}]. Throws ServerProblem. */
export async function listedFiles(wanted) {
  const url = wanted.manifestUrl ?? `${addressOf(wanted)}/manifest`;
  if (!url) return [];
  return [...(await askFor(url, readManifest))].map(([name, file]) => ({ name, ...file }));
}

export const sameFiles = (some, others) => {
  const told = (files) => JSON.stringify(files.map(({ name, hash }) => [name, hash]).sort());
  return told(some) === told(others);
};

/** `files` with their lists fetched; one of features is closed under the account's key and found by `key`. */
async function withLists(account, xform, files) {
  return Promise.all(
    files.map(async (file) => {
      if (!LIST.test(file.name)) return file;
      const known = !UNITS.includes(file.name) && (await entityLists(await xform)).has(file.name);
      const kept = known ? { ...file, key: `${file.hash} of ${account}` } : file;
      await thing(kept.hash, kept.downloadUrl, kept.key);
      return kept;
    }),
  );
}

/** Names of the lists that hold features of the office, by the form kept under `hash`. */
async function entityLists(hash) {
  const xml = new TextDecoder().decode((await thing(hash)).bytes);
  return new Set([...xml.matchAll(ENTITIES)].map(([, name]) => `${name}.csv`));
}

async function xformOf(wanted) {
  const { hash, bytes } = await thing(wanted.hash || undefined, wanted.downloadUrl || `${addressOf(wanted)}.xml`);
  // Without a hash to go by, at least it must be one.
  if (!wanted.hash && !new TextDecoder().decode(bytes).includes(XFORMS)) throw new ServerProblem('portal');
  return hash;
}

/** {xml, attachment(name) → Response, files} of a form whose parts are kept. */
export async function opened({ hash, files }) {
  const byName = new Map(files.map((file) => [file.name, file]));
  const attachment = async (name) => {
    const file = byName.get(name);
    if (!file) return new Response('', { status: 404 });
    const { bytes, type } = await thing(file.hash, file.downloadUrl, file.key);
    return new Response(bytes, { headers: { 'Content-Type': type } });
  };
  return { xml: new TextDecoder().decode((await thing(hash)).bytes), attachment, files };
}

/**
 * {bytes, type} kept under `hash`, else fetched from `url`, proved by its hash and kept; with `key` closed, under that name.
 * Throws ServerProblem.
 */
export async function thing(hash, url, key) {
  if (!hash) return fetchedThing(hash, url);
  return recent.get(key ?? hash) ?? (await things.get(key ?? hash)) ?? (await fetchedThing(hash, url, key));
}

async function fetchedThing(hash, url, key) {
  if (!url) throw new ServerProblem('offline');
  const response = await ask(url, { headers: OPENROSA, ...(key && { cache: 'no-store' }) });
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const bytes = new Uint8Array(await bodyOf(response, 'arrayBuffer'));
  if (hash && named(bytes) !== hash) throw new ServerProblem('portal', { status: response.status });
  return keptThing({ hash: named(bytes), type: response.headers.get('Content-Type') ?? '', bytes }, key);
}

const named = (bytes) => `md5:${bytesToHex(md5(bytes))}`;

// A phone that is full keeps nothing, and yet opens the form it has just fetched.
const recent = new Map();
async function keptThing(made, key) {
  try {
    if (key) await things.close(key, made.type, made.bytes);
    else await things.put(made.hash, made.type, made.bytes);
  } catch (error) {
    console.warn(error);
    recent.set(key ?? made.hash, made);
  }
  return made;
}
