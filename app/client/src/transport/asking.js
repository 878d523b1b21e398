// One request and what its answer means. No view, no storage.
import { readMessage } from './openrosa_xml.js';

export const OPENROSA = { 'X-OpenRosa-Version': '1.0' };

/** kind: 'signin' (session over), 'offline' (no answer), 'portal' (someone else answered), 'server' (it says no). */
export class ServerProblem extends Error {
  constructor(kind, { status = 0, message = '' } = {}) {
    super(message || kind);
    this.kind = kind;
    this.status = status;
    this.said = message;
  }

  /** Whether it is the network, or a server that doesn't work just now: what is kept on the phone still holds. */
  get passing() {
    return this.kind === 'offline' || this.kind === 'portal' || this.status >= 500;
  }
}

// The server names its public address; the phone asks the one it was loaded from, which its security policy allows.
const here = (url) => {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
};

/** The Response, whatever its status but 401. Throws ServerProblem. */
export async function ask(url, options = {}) {
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

/** The whole body by `how` ('text', 'arrayBuffer', 'json'); one that breaks off is no answer. */
export async function bodyOf(response, how) {
  try {
    return await response[how]();
  } catch (error) {
    throw new ServerProblem(error instanceof SyntaxError ? 'portal' : 'offline', { status: response.status });
  }
}

/** What `read` makes of an OpenRosa document; null from it means that someone else answered. Throws ServerProblem. */
export async function askFor(url, read) {
  const response = await ask(url, { headers: OPENROSA });
  const text = await bodyOf(response, 'text');
  if (!response.ok) throw new ServerProblem('server', { status: response.status, message: readMessage(text) });
  const answer = read(text);
  if (answer === null) throw new ServerProblem('portal', { status: response.status });
  return answer;
}
