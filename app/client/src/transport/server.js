// Every request the phone makes, and what each answer means. No view, no storage.
import { readFormList, readManifest, readMessage, readReceipt } from './openrosa_xml.js';
import { acknowledges } from './receipt.js';

const OPENROSA = { 'X-OpenRosa-Version': '1.0' };

/** kind: 'signin' (session over), 'offline' (no answer), 'portal' (someone else answered), 'server' (it says no). */
export class ServerProblem extends Error {
  constructor(kind, { status = 0, message = '' } = {}) {
    super(message || kind);
    this.kind = kind;
    this.status = status;
    this.said = message;
  }
}

// The server names its public address; the phone asks the one it was loaded from, which its security policy allows.
const here = (url) => {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
};

async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(here(url), { credentials: 'same-origin', cache: 'no-cache', ...options });
  } catch {
    throw new ServerProblem('offline');
  }
  if (response.status === 401) throw new ServerProblem('signin', { status: 401 });
  if (response.redirected && new URL(response.url).pathname.startsWith('/login')) throw new ServerProblem('signin');
  return response;
}

async function askFor(url, read) {
  const response = await ask(url, { headers: OPENROSA });
  const text = await response.text();
  if (!response.ok) throw new ServerProblem('server', { status: response.status, message: readMessage(text) });
  const answer = read(text);
  if (answer === null) throw new ServerProblem('portal', { status: response.status });
  return answer;
}

/** {username, role, province: {id, name}, commune: {id, name} | null, waiting} of the signed-in account. */
export async function me() {
  const response = await ask('/survey/api/me', { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  try {
    return await response.json();
  } catch {
    throw new ServerProblem('portal', { status: response.status });
  }
}

export const formList = () => askFor('/openrosa/formList', readFormList);

/** The form's XForm text and a function that fetches an attachment by name as a Response. */
export async function form({ downloadUrl, manifestUrl }) {
  const [xml, files] = await Promise.all([
    askFor(downloadUrl, (text) => (text.includes('<h:html') || text.includes('<html') ? text : null)),
    manifestUrl ? askFor(manifestUrl, readManifest) : new Map(),
  ]);
  const attachment = async (name) => {
    const file = files.get(name);
    return file ? ask(file.downloadUrl, { headers: OPENROSA }) : new Response('', { status: 404 });
  };
  return { xml, attachment };
}

/**
 * Sends one record ({instanceID, sha256, xml: File, files: [File], attachments: Map name → sha256}); returns the receipt
 * that acknowledges exactly these bytes. ServerProblem otherwise, and the caller keeps the record.
 */
export async function submit(record) {
  const body = new FormData();
  body.append('xml_submission_file', record.xml, 'xml_submission_file');
  for (const file of record.files) body.append(file.name, file, file.name);
  const response = await ask('/openrosa/submission', { method: 'POST', headers: OPENROSA, body });
  const text = await response.text();
  const receipt = readReceipt(text);
  if ((response.status === 201 || response.status === 202) && acknowledges(receipt, record)) return receipt;
  if (response.ok) throw new ServerProblem('portal', { status: response.status });
  throw new ServerProblem('server', { status: response.status, message: readMessage(text) });
}
