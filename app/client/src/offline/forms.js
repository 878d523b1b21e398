// A form with its lists, whole or not at all: every part is known by its hash, and lists of two states never meet.
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { OPENROSA, ServerProblem, ask, askFor, bodyOf } from '../transport/asking.js';
import { readManifest } from '../transport/openrosa_xml.js';
import { changePackage, packageOf, things } from './stored.js';

// Lists decide what can be answered and must be there first; pictures and sounds may come when they are shown.
const LIST = /\.(csv|xml|geojson)$/i;
const XFORMS = 'http://www.w3.org/2002/xforms';

export const keyOf = ({ id, version }) => `${id} ${version}`;

/** The form as the phone keeps it, {hash, files}; null where a part of it is missing. */
export async function keptForm(account, wanted) {
  const { versions } = await packageOf(account);
  const entry = versions[keyOf(wanted)];
  if (!entry || (wanted.hash && wanted.hash !== entry.hash)) return null;
  const needed = [entry.hash, ...entry.files.filter(({ name }) => LIST.test(name)).map(({ hash }) => hash)];
  for (const hash of needed) if (!(await things.get(hash))) return null;
  return entry;
}

/**
 * The form as the server has it now, {hash, files}, every list fetched, and kept for later; `files` as listed just now.
 * Throws ServerProblem.
 */
export async function fetchedForm(account, wanted, files) {
  const [hash, listed] = await Promise.all([
    xformOf(wanted),
    (files ? Promise.resolve(files) : listedFiles(wanted)).then(withLists),
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

async function withLists(files) {
  await Promise.all(files.filter(({ name }) => LIST.test(name)).map(({ hash, downloadUrl }) => thing(hash, downloadUrl)));
  return files;
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
    const { bytes, type } = await thing(file.hash, file.downloadUrl);
    return new Response(bytes, { headers: { 'Content-Type': type } });
  };
  return { xml: new TextDecoder().decode((await thing(hash)).bytes), attachment, files };
}

/** {bytes, type} kept under `hash`, else fetched from `url`, proved by its hash and kept. Throws ServerProblem. */
export async function thing(hash, url) {
  if (!hash) return fetchedThing(hash, url);
  return recent.get(hash) ?? (await things.get(hash)) ?? (await fetchedThing(hash, url));
}

async function fetchedThing(hash, url) {
  if (!url) throw new ServerProblem('offline');
  const response = await ask(url, { headers: OPENROSA });
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const bytes = new Uint8Array(await bodyOf(response, 'arrayBuffer'));
  if (hash && named(bytes) !== hash) throw new ServerProblem('portal', { status: response.status });
  return keptThing({ hash: named(bytes), type: response.headers.get('Content-Type') ?? '', bytes });
}

const named = (bytes) => `md5:${bytesToHex(md5(bytes))}`;

// A phone that is full keeps nothing, and yet opens the form it has just fetched.
const recent = new Map();
async function keptThing(made) {
  try {
    await things.put(made.hash, made.type, made.bytes);
  } catch (error) {
    console.warn(error);
    recent.set(made.hash, made);
  }
  return made;
}
