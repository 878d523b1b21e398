import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { seal } from '../src/vault/seal.js';
import { opened } from './opened_seal.js';

const vector = JSON.parse(await readFile(new URL('seal_vector.json', import.meta.url), 'utf8'));
const { d, ...publicJwk } = vector.private;
const plain = new TextEncoder().encode('Trường học thiếu hai phòng');

async function newKey() {
  const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
  return crypto.subtle.exportKey('jwk', pair.privateKey);
}

test('the fixed vector opens', () => {
  assert.equal(opened(vector.private, Buffer.from(vector.sealed, 'base64'), vector.aad).toString(), vector.plain);
});

test('what is sealed opens with the private key and the same text beside it', async () => {
  const sealed = await seal(publicJwk, plain, 'record uuid:1');
  assert.deepEqual(new Uint8Array(opened(vector.private, sealed, 'record uuid:1')), plain);
  assert.equal(sealed.length, 1 + 65 + 12 + plain.length + 16);
});

test('nothing opens under another text, another key, or with one bit turned', async () => {
  const sealed = await seal(publicJwk, plain, 'record uuid:1');
  assert.throws(() => opened(vector.private, sealed, 'record uuid:2'));
  const other = await newKey();
  assert.throws(() => opened(other, sealed, 'record uuid:1'));
  for (const at of [1, 70, 80, sealed.length - 1]) {
    const turned = sealed.slice();
    turned[at] ^= 1;
    assert.throws(() => opened(vector.private, turned, 'record uuid:1'), `byte ${at}`);
  }
});

test('two seals of the same bytes share nothing but the version', async () => {
  const [one, two] = await Promise.all([seal(publicJwk, plain, 'a'), seal(publicJwk, plain, 'a')]);
  assert.equal(one[0], two[0]);
  assert.notDeepEqual(one.slice(1, 66), two.slice(1, 66));
  assert.notDeepEqual(one.slice(66), two.slice(66));
});

test('a public key that is not on the curve is refused', async () => {
  await assert.rejects(seal({ ...publicJwk, y: publicJwk.x }, plain, 'a'));
});
