import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { acknowledges, sha256 } from '../src/transport/receipt.js';

// Node 18 has WebCrypto, though not yet as a global.
globalThis.crypto ??= webcrypto;

const sent = { instanceID: 'uuid:1', sha256: 'aa', attachments: new Map([['anh-1.jpg', 'bb']]) };
const receipt = (changes) => ({ ...sent, code: 'K7QX', ...changes });

test('the hash is the published one of the bytes', async () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  assert.equal(await sha256(new Uint8Array()), empty);
  const word = '20d8a6e7893babe899cb0f411a5ee4902d341bbdf3eb0deb99485ee4b2d26da8';
  assert.equal(await sha256(new TextEncoder().encode('phiếu')), word);
});

test('a receipt counts when it names the record, its bytes and its photos', () => {
  assert.equal(acknowledges(receipt(), sent), true);
});

test('no receipt, another record, other bytes, a lost or changed photo do not count', () => {
  assert.equal(acknowledges(null, sent), false);
  assert.equal(acknowledges(receipt({ instanceID: 'uuid:2' }), sent), false);
  assert.equal(acknowledges(receipt({ sha256: 'ab' }), sent), false);
  assert.equal(acknowledges(receipt({ attachments: new Map() }), sent), false);
  assert.equal(acknowledges(receipt({ attachments: new Map([['anh-1.jpg', 'cc']]) }), sent), false);
});
