import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { confirms, entry } from '../src/sending/receipt.js';
import { upload } from '../src/sending/uploads.js';
import { backoff, spread } from '../src/sending/waiting.js';
import { SendProblem, call, waitOf } from '../src/sending/wire.js';

const real = globalThis.fetch;
afterEach(() => (globalThis.fetch = real));

const ROW = { id: 'uuid:1', account: 1, form: { id: 'f' }, madeAt: 'x', sha256: 'aa', files: [{ name: 'a.jpg', sha256: 'bb' }] };
const RECEIPT = { instanceID: 'uuid:1', sha256: 'aa', sealed: 'ss', attachments: { 'a.jpg': 'bb' }, state: 'received' };

test('only a receipt with the id, the hash and every file of the record acknowledges it', () => {
  assert.ok(confirms(RECEIPT, ROW, 'ss'));
  for (const wrong of [
    null,
    {},
    { ...RECEIPT, instanceID: 'uuid:2' },
    { ...RECEIPT, sha256: 'ab' },
    { ...RECEIPT, sha256: null },
    { ...RECEIPT, sealed: 'tt' },
    { ...RECEIPT, sealed: undefined },
    { ...RECEIPT, attachments: {} },
    { ...RECEIPT, attachments: { 'a.jpg': 'bc' } },
    { ...RECEIPT, attachments: undefined },
    { ...RECEIPT, state: 'refused' },
  ])
    assert.equal(confirms(wrong, ROW, 'ss'), false, JSON.stringify(wrong));
});

test('a seal the server kept unopened is acknowledged by the hash of the seal alone', () => {
  const kept = { instanceID: 'uuid:1', sha256: null, sealed: 'ss', attachments: {}, state: 'quarantined' };
  assert.ok(confirms(kept, ROW, 'ss'));
  assert.equal(confirms(kept, ROW, 'tt'), false);
  assert.equal(confirms({ ...RECEIPT, state: 'quarantined', sha256: 'zz' }, ROW, 'ss'), false);
});

test('the ledger keeps what was acknowledged, without any answer', () => {
  assert.deepEqual(entry({ ...RECEIPT, code: 'C', again: true }, { ...ROW, bytes: new Uint8Array(3) }, 'now'), {
    id: 'uuid:1', account: 1, form: { id: 'f' }, madeAt: 'x', sha256: 'aa', code: 'C', attachments: 1, at: 'now', state: 'received', problem: null,
  });
});

test('each failure waits longer, up to half an hour, and no two phones alike', () => {
  const most = [1, 2, 3, 4, 20].map((n) => backoff(n, () => 1));
  assert.deepEqual(most, [5000, 10000, 20000, 40000, 1800000]);
  assert.equal(backoff(3, () => 0), 10000);
  assert.ok(spread(60000, () => 0) === 60000 && spread(60000, () => 1) === 75000);
});

test('Retry-After is seconds or a date, an hour at most, and nothing else', () => {
  assert.equal(waitOf('30'), 30000);
  assert.equal(waitOf('999999'), 3600000);
  assert.equal(waitOf(new Date(61000).toUTCString(), 1000), 60000);
  assert.equal(waitOf(new Date(0).toUTCString(), 5000), 0);
  assert.equal(waitOf(null), 0);
  assert.equal(waitOf('soon'), 0);
});

const answer = (status, body, headers = {}) => async () => new Response(body, { status, headers });
const PROBLEM = { 'Content-Type': 'application/problem+json' };

test('what answers is told apart', async () => {
  const kindOf = async (fake, ours = () => false) => {
    globalThis.fetch = fake;
    return call('/x', { method: 'POST', ours }).then(
      () => 'good',
      (problem) => (assert.ok(problem instanceof SendProblem), problem.kind),
    );
  };
  assert.equal(await kindOf(async () => Promise.reject(new TypeError('no'))), 'offline');
  assert.equal(await kindOf(answer(200, '<html>')), 'portal');
  assert.equal(await kindOf(answer(401, '<html>')), 'portal');
  assert.equal(await kindOf(answer(404, '<html>')), 'portal');
  assert.equal(await kindOf(answer(302, '', { Location: '/wifi' })), 'portal');
  assert.equal(await kindOf(answer(502, '<html>')), 'portal');
  assert.equal(await kindOf(answer(401, '{"code":"not_signed_in"}', PROBLEM)), 'signin');
  assert.equal(await kindOf(answer(503, '<html>')), 'busy');
  assert.equal(await kindOf(answer(500, '{"code":"internal"}', PROBLEM)), 'busy');
  assert.equal(await kindOf(answer(422, '{"code":"x"}', PROBLEM)), 'server');
  assert.equal(await kindOf(answer(201, '{}'), () => true), 'good');
});

/** A tus server that cuts: `cuts` are the numbers of bytes after which a connection breaks off. */
function cutting(total, cuts) {
  const held = { bytes: [], wire: 0, requests: [] };
  globalThis.fetch = async (path, { method, headers, body }) => {
    held.requests.push(method);
    if (method === 'HEAD') return new Response(null, { status: 200, headers: tus(held.bytes.length) });
    const at = method === 'POST' ? 0 : Number(headers['Upload-Offset']);
    assert.equal(at, held.bytes.length);
    const cut = cuts.length && cuts[0] < at + body.length ? cuts.shift() : null;
    const came = cut === null ? body : body.subarray(0, Math.max(cut - at, 0));
    held.bytes.push(...came);
    held.wire += came.length;
    if (cut !== null) throw new TypeError('cut');
    return new Response(null, { status: method === 'POST' ? 201 : 204, headers: tus(held.bytes.length) });
  };
  const tus = (offset) => ({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(offset), 'Upload-Length': String(total) });
  return held;
}

test('twenty cuts later every byte has been sent once', async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251);
  const cuts = Array.from({ length: 20 }, (_, i) => 9000 + i * 14_000);
  const held = cutting(bytes.length, cuts);
  await upload('a'.repeat(64), bytes, { breath: 0 });
  assert.deepEqual(Uint8Array.from(held.bytes), bytes);
  assert.equal(held.wire, bytes.length);
  assert.equal(held.requests.filter((method) => method === 'HEAD').length, 20);
});

test('where no try gets further it gives up, to be tried later', async () => {
  cutting(100_000, [0, 0, 0, 0]);
  await assert.rejects(upload('a'.repeat(64), new Uint8Array(100_000), { breath: 0 }), { kind: 'offline' });
});

test('a file thrown away as damaged on arrival is sent once more, not for ever', async () => {
  let damaged = 0;
  globalThis.fetch = async (path, { method, body, headers }) => {
    if (method === 'HEAD') return new Response(null, { status: 404, headers: { 'Tus-Resumable': '1.0.0' } });
    if (method === 'POST') return new Response(null, { status: 201, headers: { 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(body.length) } });
    damaged += 1;
    assert.ok(headers['Upload-Offset']);
    return new Response('{"code":"upload_damaged"}', { status: 422, headers: { ...PROBLEM, 'Tus-Resumable': '1.0.0' } });
  };
  await assert.rejects(upload('a'.repeat(64), new Uint8Array(100_000), { breath: 0 }), { code: 'upload_damaged' });
  assert.equal(damaged, 2);
});
