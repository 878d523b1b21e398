import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitted } from '../src/photo/shrink.js';
import { better, distance } from '../src/place/fixes.js';
import { crossesItself, fromGeoshape, hectares, toGeoshape } from '../src/place/rings.js';

const at = (latitude, longitude) => ({ latitude, longitude, altitude: null, accuracy: null });
const square = [at(11.94, 108.45), at(11.94, 108.4509176), at(11.9408983, 108.4509176), at(11.9408983, 108.45)];

test('the more accurate position is kept, the newer of equals', () => {
  const [good, weak, newer] = [{ accuracy: 5 }, { accuracy: 40 }, { accuracy: 5 }];
  assert.equal(better(null, weak), weak);
  assert.equal(better(good, weak), good);
  assert.equal(better(good, newer), newer);
});

test('a degree of latitude is about 111,2 km', () => {
  assert.ok(Math.abs(distance(at(11, 108), at(12, 108)) - 111195) < 10);
});

test('a ring travels as a closed geoshape and comes back open', () => {
  const text = toGeoshape(square);
  assert.equal(text.split(';').length, 5);
  assert.equal(text.split(';')[0], text.split(';')[4]);
  assert.deepEqual(
    fromGeoshape(text).map(({ latitude }) => latitude),
    square.map(({ latitude }) => latitude),
  );
  assert.equal(toGeoshape(square.slice(0, 2)), '');
  assert.deepEqual(fromGeoshape(''), []);
});

test('100 m by 100 m is one hectare, either way round', () => {
  assert.ok(Math.abs(hectares(square) - 1) < 0.01, String(hectares(square)));
  assert.ok(Math.abs(hectares([...square].reverse()) - 1) < 0.01);
});

test('a bow tie crosses itself, a square does not', () => {
  const [a, b, c, d] = square;
  assert.equal(crossesItself(square), false);
  assert.equal(crossesItself([a, c, b, d]), true);
});

test('photos shrink to 1600 pixels and never grow', () => {
  assert.deepEqual(fitted(4000, 3000, 1600), [1600, 1200]);
  assert.deepEqual(fitted(3000, 4000, 1600), [1200, 1600]);
  assert.deepEqual(fitted(640, 480, 1600), [640, 480]);
});
