import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieces } from '../src/text/marks.js';

test('pieces join to the text and mark what was found', () => {
  const text = 'Gọi ông An 0912345678 nhé';
  const parts = pieces(text, [
    { kind: 'phone', start: 11, end: 21 },
    { kind: 'person_name', start: 4, end: 10 },
  ]);
  assert.equal(parts.map((part) => part.text).join(''), text);
  assert.deepEqual(
    parts.filter((part) => part.kind).map((part) => part.text),
    ['ông An', '0912345678'],
  );
});

test('overlapping places are marked once', () => {
  const parts = pieces('abcdef', [
    { kind: 'phone', start: 0, end: 4 },
    { kind: 'id_number', start: 2, end: 6 },
    { kind: 'email', start: 1, end: 3 },
  ]);
  assert.deepEqual(
    parts.map((part) => part.text),
    ['abcd', 'ef'],
  );
  assert.deepEqual(pieces('', []), []);
});
