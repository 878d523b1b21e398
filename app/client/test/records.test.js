import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { autosaveOf } from '../src/records/autosave.js';
import { sealed } from '../src/records/finished.js';
import { pieces } from '../src/records/queue_file.js';
import { figures } from '../src/records/unsent.js';
import { sha256 } from '../src/transport/receipt.js';
import { shut, unshut, unwrap, usable, wrap } from '../src/vault/boxes.js';
import { waitAfter, weakness } from '../src/vault/pin.js';
import { opened } from './opened_seal.js';

const vector = JSON.parse(await readFile(new URL('seal_vector.json', import.meta.url), 'utf8'));
const { d, ...jwk } = vector.private;
const after = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function finished() {
  const photo = new File([Uint8Array.of(255, 216, 255, 1, 2, 3)], 'anh-1.jpg', { type: 'image/jpeg' });
  const xml = new File(['<data id="f"><what>Cầu gãy</what></data>'], 'xml_submission_file', { type: 'text/xml' });
  const record = {
    instanceID: 'uuid:7',
    form: { id: 'f', version: '3', title: 'Phiếu' },
    madeAt: '2026-11-22T01:02:03.000Z',
    sha256: await sha256(await xml.arrayBuffer()),
    xml,
    files: [photo],
    attachments: new Map([['anh-1.jpg', await sha256(await photo.arrayBuffer())]]),
  };
  return { record, ...(await sealed(record, { key: { id: 'k1', jwk }, author: 'token', account: 5 })) };
}

test('a finished record is a seal with its header, and each file a seal of its own', async () => {
  const { record, envelope, parts } = await finished();
  const plain = opened(vector.private, envelope.bytes, 'record uuid:7').toString();
  const [line, xml] = [plain.slice(0, plain.indexOf('\n')), plain.slice(plain.indexOf('\n') + 1)];
  assert.equal(xml, await record.xml.text());
  assert.deepEqual(JSON.parse(line), {
    author: 'token',
    instanceID: 'uuid:7',
    formId: 'f',
    version: '3',
    madeAt: record.madeAt,
    sha256: record.sha256,
    files: [{ name: 'anh-1.jpg', sha256: record.attachments.get('anh-1.jpg'), part: parts[0].hash, bytes: 6 }],
  });
  assert.equal(parts[0].hash, await sha256(parts[0].bytes));
  assert.equal(envelope.files[0].bytes, parts[0].bytes.length);
  assert.equal(opened(vector.private, parts[0].bytes, 'part uuid:7/anh-1.jpg').length, 6);
  assert.throws(() => opened(vector.private, parts[0].bytes, 'part uuid:8/anh-1.jpg'));
});

test('the queue file is a line of JSON and the seals in its order', async () => {
  const { envelope, parts } = await finished();
  const whole = Buffer.concat(pieces([envelope, envelope], new Map([[parts[0].hash, parts[0].bytes]]), 'now'));
  const end = whole.indexOf(10);
  const head = JSON.parse(whole.subarray(0, end).toString());
  assert.equal(head.format, 'diaban queue 1');
  let at = end + 1;
  for (const record of head.records) {
    const bytes = whole.subarray(at, (at += record.size));
    assert.ok(opened(vector.private, bytes, `record ${record.id}`).includes('Cầu gãy'));
    for (const file of record.files) assert.equal(await sha256(whole.subarray(at, (at += file.bytes))), file.part);
  }
  assert.equal(at, whole.length);
  assert.ok(!whole.includes(Buffer.from('Cầu gãy')));
});

test('a draft key comes out of its wrapping by the PIN alone', async () => {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const wrapped = await wrap(raw, '258036');
  assert.ok(wrapped.iterations >= 600_000);
  assert.deepEqual(await unwrap(wrapped, '258036'), raw);
  assert.equal(await unwrap(wrapped, '258037'), null);
  const key = await usable(raw);
  await assert.rejects(crypto.subtle.exportKey('raw', key));
  const box = await shut(key, Uint8Array.of(1, 2, 3), 'draft a');
  assert.deepEqual(await unshut(key, box, 'draft a'), Uint8Array.of(1, 2, 3));
  await assert.rejects(unshut(key, box, 'draft b'));
});

test('easy PINs are refused, wrong ones make wait longer and longer', () => {
  for (const pin of ['12345', '1234567', '987654', '000000', 'abcdef', '90123456']) assert.notEqual(weakness(pin), '');
  for (const pin of ['258036', '741852', '112233']) assert.equal(weakness(pin), '');
  assert.deepEqual([1, 2, 3, 4, 5, 20].map(waitAfter), [0, 0, 5000, 10_000, 20_000, 300_000]);
});

test('whoever never stops typing is saved all the same, one saving at a time', async () => {
  let savings = 0;
  let at_once = 0;
  const autosave = autosaveOf(async () => {
    at_once += 1;
    assert.equal(at_once, 1);
    await after(30);
    at_once -= 1;
    savings += 1;
  });
  for (let n = 0; n < 30; n += 1) {
    autosave.due();
    await after(40);
  }
  assert.ok(savings >= 2, `${savings} savings in 1.2 s`);
  assert.equal(await autosave.flush(), true);
  assert.equal(autosave.unsaved, false);
});

test('a saving that fails is told, and tried again with the next change', async () => {
  const told = [];
  let full = true;
  const autosave = autosaveOf(
    async () => {
      if (full) throw new Error('full');
      return { savedAt: 'now' };
    },
    (news) => told.push(news.state),
  );
  autosave.due();
  assert.equal(await autosave.flush(), false);
  full = false;
  assert.equal(await autosave.flush(), true);
  assert.deepEqual([...new Set(told)], ['failed', 'saved']);
});

test('ten records, or one of a day, are told loudly', () => {
  const now = Date.parse('2026-11-22T00:00:00Z');
  const of = (n, hours) =>
    Array.from({ length: n }, () => ({ account: 1, madeAt: new Date(now - hours * 3600_000).toISOString() }));
  assert.deepEqual(figures([], 1, now), { own: 0, others: 0, total: 0, many: false, old: false });
  assert.deepEqual(figures(of(9, 23), 1, now), { own: 9, others: 0, total: 9, many: false, old: false });
  assert.equal(figures(of(10, 1), 1, now).many, true);
  assert.equal(figures(of(1, 24), 1, now).old, true);
  assert.deepEqual(figures(of(2, 1), 7, now).others, 2);
});
