// One sealed file over the wire (tus 1.0): in pieces, and after a cut from the byte the server is at.
import { SendProblem, call } from './wire.js';

const ROOT = '/survey/api/uploads';
const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };
const SMALLEST = 64 * 1024;
const LARGEST = 256 * 1024;
const BREATH_MS = 400;
const ROUNDS = 100;

const ours = (response) => response.headers.get('Tus-Resumable') === '1.0.0';
const offsetOf = (response) => {
  const text = response.headers.get('Upload-Offset');
  if (!/^\d+$/.test(text ?? '')) throw new SendProblem('portal', { status: response.status });
  return Number(text);
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Brings all of `bytes` (Uint8Array; `hash` is theirs) to the server. `begun`: some of it may be there already.
 * `progress(sent)` is told how far the server is. A connection that is cut is taken up again as long as each try gets
 * further; throws SendProblem where it doesn't.
 */
export async function upload(hash, bytes, { begun = false, progress = () => {}, breath = BREATH_MS } = {}) {
  let at = null;
  let furthest = 0;
  let size = SMALLEST;
  let known = begun;
  let anew = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      if (at === null) at = await where(hash, bytes, known);
      furthest = Math.max(furthest, at);
      known = true;
      while (at < bytes.length) {
        at = offsetOf(await add(hash, at, bytes.subarray(at, at + size)));
        furthest = Math.max(furthest, at);
        size = Math.min(size * 2, LARGEST);
        progress(at);
      }
      progress(bytes.length);
      return;
    } catch (problem) {
      const further = await overcome(problem, hash, furthest);
      if (further === null || (further.at === null && (anew += 1) > 1)) throw problem;
      at = further.at;
      furthest = Math.max(furthest, at ?? 0);
      size = SMALLEST;
      known = true;
      progress(furthest);
      await pause(breath * (0.5 + Math.random()));
    }
  }
  throw new SendProblem('offline');
}

/** Where to go on: {at}, or {at: null} to ask anew; null where trying again at once is of no use. */
async function overcome(problem, hash, furthest) {
  if (problem.code === 'upload_offset_differs') return { at: Number(problem.facts.offset) || 0 };
  // Swept, or thrown away since it arrived changed: once more from the beginning.
  if (problem.kind === 'server' && (problem.status === 404 || problem.code === 'upload_damaged')) {
    return { at: null };
  }
  if (problem.kind !== 'offline' || globalThis.navigator?.onLine === false) return null;
  try {
    const at = await asked(hash);
    return at > furthest ? { at } : null;
  } catch {
    return null;
  }
}

async function asked(hash) {
  return offsetOf(await call(`${ROOT}/${hash}`, { method: 'HEAD', headers: TUS, ours }));
}

async function where(hash, bytes, begun) {
  if (begun) {
    try {
      return await asked(hash);
    } catch (problem) {
      if (problem.kind !== 'server' || problem.status !== 404) throw problem;
    }
  }
  // The first piece travels with the beginning: one round trip less for each photo.
  const headers = { ...BYTES, 'Upload-Length': String(bytes.length), 'Upload-Metadata': `part ${btoa(hash)}` };
  return offsetOf(await call(ROOT, { method: 'POST', headers, body: bytes.subarray(0, SMALLEST), ours }));
}

const add = (hash, at, body) =>
  call(`${ROOT}/${hash}`, { method: 'PATCH', headers: { ...BYTES, 'Upload-Offset': String(at) }, body, ours });
