// One request of the sending and what its answer means. Whoever else answers (a captive portal) is told from our server.

const SLOWEST = 1000; // bytes a second that still count as a connection
const PATIENCE_MS = 30_000;

/**
 * kind: 'offline' (no answer, or it broke off), 'portal' (someone else answered), 'signin' (the session is over),
 * 'busy' (our server asks to wait: `wait` ms), 'server' (our server says what is wrong: `code`, `message`, `facts`).
 */
export class SendProblem extends Error {
  constructor(kind, { status = 0, code = '', message = '', facts = {}, wait = 0 } = {}) {
    super(message || code || kind);
    Object.assign(this, { kind, status, code, said: message, facts, wait });
  }
}

/** Milliseconds of a Retry-After (seconds or a date), 0 where there is none; an hour at most. */
export function waitOf(text, now = Date.now()) {
  const ms = /^\d+$/.test(text ?? '') ? Number(text) * 1000 : Date.parse(text ?? '') - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3600_000) : 0;
}

/** The Response where it is ours and good; throws SendProblem. `ours(response)` tells whether our server made it. */
export async function call(path, { headers = {}, body, ours, ...rest }) {
  let response;
  try {
    response = await fetch(path, {
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual',
      // A radio that went away without a word would keep a request for minutes.
      signal: AbortSignal.timeout(PATIENCE_MS + ((body?.length ?? 0) * 1000) / SLOWEST),
      headers: { 'X-Diaban-Client': '1', ...headers },
      body,
      ...rest,
    });
  } catch {
    throw new SendProblem('offline');
  }
  if (response.ok && ours(response)) return response;
  throw await problemOf(response, ours);
}

/** What the body says as JSON; null where it isn't JSON at all. Throws SendProblem where it breaks off. */
export async function jsonOf(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw new SendProblem('offline', { status: response.status });
  }
}

async function problemOf(response, ours) {
  const { status } = response;
  const spoken = response.headers.get('Content-Type')?.startsWith('application/problem+json');
  const told = spoken ? await jsonOf(response) : null;
  if (status === 503 || status === 429) {
    return new SendProblem('busy', { status, ...said(told), wait: waitOf(response.headers.get('Retry-After')) });
  }
  // An answer to HEAD has no body: its headers must do.
  if (!told?.code && !(status >= 400 && ours(response))) return new SendProblem('portal', { status });
  if (status === 401) return new SendProblem('signin', { status });
  if (status >= 500) return new SendProblem('busy', { status, ...said(told) });
  return new SendProblem('server', { status, ...said(told) });
}

const said = (told) => ({ code: told?.code ?? '', message: told?.detail ?? '', facts: told?.facts ?? {} });
