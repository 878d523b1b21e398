// The own records as the server last told of them: kept under the draft key, since comments and answers are people's text.
import { shallowReactive } from 'vue';
import { fact, keepFact } from '../offline/stored.js';
import { ServerProblem, ask, bodyOf } from '../transport/asking.js';
import { current, decrypt, encrypt } from '../vault/vault.js';

const ADDRESS = '/survey/api/mine';
const MOST_PAGES = 5;
const TO_CORRECT = ['returned', 'quarantined'];
const utf8 = new TextEncoder();

/** How many own records are to be corrected, and how many say something new; for the list of forms. */
export const counts = shallowReactive({ toCorrect: 0, news: 0 });

const name = (account) => `mine ${account}`;

export const toCorrect = ({ state }) => TO_CORRECT.includes(state);

/** What a record says that may be news: the person has seen it once the list was shown. */
const toldBy = ({ state, case: { state: at, answer } = {} }) => [state, at ?? '', answer ? 1 : 0].join(' ');
const worthTelling = ({ state, case: told }) => state === 'approved' || state === 'rejected' || Boolean(told?.answeredOn);

/** Whether something became of the record since the list was last shown. */
export const isNews = (record, seen) => worthTelling(record) && seen[record.instanceID] !== toldBy(plain(record));
const plain = (record) => ({ ...record, case: record.case ?? undefined });

async function keep({ account }, { records, seen, etag, at }) {
  const box = await encrypt(utf8.encode(JSON.stringify({ records, seen })));
  await keepFact(name(account), { box, etag, at });
  count({ records, seen });
}

function count({ records, seen }) {
  counts.toCorrect = records.filter(toCorrect).length;
  counts.news = records.filter((record) => isNews(record, seen)).length;
}

/** {records, seen, at (ISO), etag} as kept on the phone, or null. Throws Locked. */
export async function stored() {
  const { account } = current();
  const row = await fact(name(account));
  if (!row) return null;
  try {
    const list = JSON.parse(new TextDecoder().decode(await decrypt(row.box)));
    count(list);
    return { ...list, at: row.at, etag: row.etag };
  } catch (error) {
    // Another draft key made it: it is fetched anew.
    console.warn(error);
    return null;
  }
}

/** Renews the list from the server and keeps it: {records, seen, at}. Throws ServerProblem, Locked. */
export async function refresh() {
  const vault = current();
  const before = await stored();
  const first = await page(ADDRESS, before?.etag);
  const at = new Date().toISOString();
  if (first === null) {
    await keep(vault, { ...before, at });
    return { ...before, at };
  }
  const records = [...first.records];
  let next = first.next;
  for (let n = 1; next && n < MOST_PAGES; n += 1) {
    const more = await page(next);
    records.push(...more.records);
    next = more.next;
  }
  // The first time, what happened long ago is no news.
  const seen = before?.seen ?? seenOf(records);
  await keep(vault, { records, seen, etag: first.etag, at });
  return { records, seen, at };
}

const seenOf = (records) => Object.fromEntries(records.map((record) => [record.instanceID, toldBy(plain(record))]));

/** Everything on the list was shown: it is no news any more. */
export async function markSeen() {
  const list = await stored();
  if (list) await keep(current(), { ...list, seen: seenOf(list.records) });
}

/** One page; null where it is as it was. */
async function page(address, etag) {
  const headers = { Accept: 'application/json', ...(etag && { 'If-None-Match': etag }) };
  const response = await ask(address, { headers, cache: 'no-store' });
  if (response.status === 304) return null;
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const body = await bodyOf(response, 'json');
  if (!Array.isArray(body?.records)) throw new ServerProblem('portal', { status: response.status });
  return { ...body, etag: response.headers.get('ETag') };
}
