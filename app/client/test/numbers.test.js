import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDecimal, readWhole, show } from '../src/text/numbers.js';

test('whole numbers may be grouped by points or spaces', () => {
  assert.equal(readWhole('1.234.567'), '1234567');
  assert.equal(readWhole(' 12 345 '), '12345');
  assert.equal(readWhole('-3'), '-3');
  for (const text of ['1,5', '1.23', '12a', '', '1.2345']) assert.equal(readWhole(text), null, text);
});

test('a comma makes decimals, a point groups thousands or, elsewhere, makes decimals', () => {
  assert.equal(readDecimal('1.234,5'), '1234.5');
  assert.equal(readDecimal('2,5'), '2.5');
  assert.equal(readDecimal('2.5'), '2.5');
  assert.equal(readDecimal('1.234'), '1234');
  for (const text of ['1,2,3', '1.2.3', 'hai', '1.234,']) assert.equal(readDecimal(text), null, text);
});

test('numbers are shown as they are written here', () => {
  assert.equal(show(1234567n), '1.234.567');
  assert.equal(show(1234.5), '1.234,5');
});
