import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexed, search, unmarked } from '../src/text/unmarked.js';

const found = (labels, query) => search(indexed(labels.map((label) => ({ label }))), query).map(({ label }) => label);

test('names are found without marks, đ too', () => {
  assert.equal(unmarked('Đạ Tẻh'), 'da teh');
  assert.equal(unmarked('ĐẮK  LẮK '), 'dak lak');
  assert.deepEqual(found(['Xã Đạ Tẻh', 'Xã Đức Trọng'], 'duc tr'), ['Xã Đức Trọng']);
  assert.deepEqual(found(['Xã Đạ Tẻh', 'Xã Đức Trọng'], 'ĐẠ'), ['Xã Đạ Tẻh']);
});

test('decomposed text and curly apostrophes are the same name', () => {
  assert.equal(unmarked('Đạ Tẻh'.normalize('NFD')), unmarked('Đạ Tẻh'));
  assert.deepEqual(found(['Xã K’Đơn'], "k'don"), ['Xã K’Đơn']);
});

test('whole words come before pieces of words', () => {
  assert.deepEqual(found(['Thôn 13', 'Thôn 30', 'Thôn 3', 'Bon Thôn 3 A'], 'thon 3'), [
    'Thôn 3',
    'Thôn 30',
    'Bon Thôn 3 A',
    'Thôn 13',
  ]);
});

test('an empty search shows everything, a foreign word nothing', () => {
  assert.equal(found(['Thôn 1', 'Thôn 2'], ' ').length, 2);
  assert.deepEqual(found(['Thôn 1'], 'x'), []);
});
