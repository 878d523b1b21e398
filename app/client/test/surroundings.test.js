import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averageOf, moved } from '../src/place/average.js';
import { doubtsOf } from '../src/place/doubts.js';
import { inside } from '../src/place/inside.js';
import { nearbyOf } from '../src/place/nearby.js';
import { fromGeoshape, lengthOf, toGeotrace } from '../src/place/rings.js';

const at = (latitude, longitude) => ({ latitude, longitude });
const square = (west, south, size) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];

test('a point in a hole is outside, on an island inside', () => {
  const area = {
    type: 'MultiPolygon',
    coordinates: [[square(108, 11.9, 0.1), square(108.04, 11.94, 0.02)], [square(108.045, 11.945, 0.01)], [square(109, 12, 0.1)]],
  };
  assert.equal(inside(at(11.91, 108.01), area), true);
  assert.equal(inside(at(11.942, 108.042), area), false, 'hole');
  assert.equal(inside(at(11.95, 108.05), area), true, 'island in the hole');
  assert.equal(inside(at(12.05, 109.05), area), true, 'second part');
  assert.equal(inside(at(11.95, 108.2), area), false);
  assert.equal(inside(at(108.05, 11.95), area), false, 'swapped');
});

test('an area that bends inward is followed, and a point level with a corner counts once', () => {
  const bent = { type: 'Polygon', coordinates: [[[0, 0], [4, 0], [4, 4], [2, 1], [0, 4], [0, 0]]] };
  assert.equal(inside(at(2, 2), bent), false);
  assert.equal(inside(at(2, 0.5), bent), true);
  assert.equal(inside(at(1, 0.5), bent), true);
  assert.equal(inside(at(1, -1), bent), false);
  assert.equal(inside(at(2, 2), { type: 'Point', coordinates: [2, 2] }), false);
  assert.equal(inside(at(2, 2), null), false);
});

const fix = (latitude, longitude, accuracy, at, altitude = null) => ({ latitude, longitude, accuracy, altitude, at });

test('an average weighs the better fix more', () => {
  const { latitude, n } = averageOf([fix(11.95, 108, 5, 0), fix(11.951, 108, 10, 1000)]);
  assert.ok(Math.abs(latitude - 11.9502) < 1e-9, String(latitude));
  assert.equal(n, 2);
});

test('fixes of the same minute err alike: many of them are no better than one', () => {
  const minute = Array.from({ length: 50 }, (_, i) => fix(11.95, 108, 20, i * 1000));
  assert.ok(Math.abs(averageOf(minute).accuracy - 20) < 0.01);
  const four = Array.from({ length: 240 }, (_, i) => fix(11.95, 108, 20, i * 1000));
  assert.ok(Math.abs(averageOf(four).accuracy - 10) < 0.01, 'half after four minutes');
  const hour = Array.from({ length: 60 }, (_, i) => fix(11.95, 108, 20, i * 60_000));
  assert.ok(Math.abs(averageOf(hour).accuracy - 10) < 0.01, 'and never less');
});

test('what the fixes themselves scatter is not hidden behind what the phone claims', () => {
  const apart = [fix(11.95, 108, 3, 0), fix(11.9504, 108, 3, 300_000)];
  assert.ok(averageOf(apart).accuracy > 20);
});

test('heights are averaged where there are any', () => {
  assert.equal(averageOf([fix(1, 2, 5, 0, 100), fix(1, 2, 5, 1, null)]).altitude, 100);
  assert.equal(averageOf([fix(1, 2, 5, 0)]).altitude, null);
});

test('a fix beyond both errors was taken elsewhere', () => {
  const here = averageOf([fix(11.95, 108, 10, 0)]);
  assert.equal(moved(here, fix(11.95015, 108, 10, 1)), false, '17 m, ±10 and ±10');
  assert.equal(moved(here, fix(11.9503, 108, 10, 1)), true, '33 m');
});

const around = {
  communes: [
    { id: 11, name: 'Xã Đắk Mil', approximate: false, geometry: { type: 'Polygon', coordinates: [square(108, 11.9, 0.1)] } },
    { id: 12, name: 'Phường Xuân Hương', approximate: true, geometry: { type: 'Polygon', coordinates: [square(108.1, 11.9, 0.1)] } },
  ],
  hamlets: new Map([['111', { name: 'Thôn 1', latitude: 11.95, longitude: 108.05 }]]),
  far: 5000,
};
const kinds = (place, chosen) => doubtsOf(place, { commune: '11', hamlet: '', ...chosen }, around).map(({ kind }) => kind);

test('a place that can’t be meant is named once', () => {
  assert.deepEqual(kinds(at(0, 0)), ['zero']);
  assert.deepEqual(kinds(at(108.05, 11.95)), ['swapped']);
  assert.deepEqual(kinds(at(11.95, 90)), ['abroad']);
});

test('outside the chosen commune says in which other, softly where a boundary is approximate', () => {
  assert.deepEqual(kinds(at(11.95, 108.05)), []);
  const [doubt] = doubtsOf(at(11.95, 108.15), { commune: '11', hamlet: '' }, around);
  assert.deepEqual(doubt, { kind: 'commune', name: 'Xã Đắk Mil', other: 'Phường Xuân Hương', soft: true });
  const [nowhere] = doubtsOf(at(11.5, 108.05), { commune: '11', hamlet: '' }, around);
  assert.deepEqual([nowhere.other, nowhere.soft], ['', false]);
  assert.deepEqual(kinds(at(11.95, 108.15), { commune: '' }), [], 'none chosen yet');
  assert.deepEqual(kinds(at(11.95, 108.15), { commune: '99' }), [], 'no boundary known');
});

test('far from the chosen hamlet by the server’s own threshold', () => {
  assert.deepEqual(kinds(at(11.99, 108.05), { hamlet: '111' }), []);
  assert.deepEqual(kinds(at(11.9, 108.09), { hamlet: '111' }), ['hamlet']);
});

test('what is nearby comes nearest first, within the layer’s own distance', () => {
  const row = (id, latitude) => [id, 108.05, latitude, `Cầu ${id}`, 'mở', '2026-11-01', 0];
  const places = ['far', 'b', 'a', 'c', 'd', 'e', 'f'].map((id, i) => row(id, [12, 11.951, 11.9501, 11.9511, 11.9512, 11.9513, 11.9514][i]));
  const found = nearbyOf(at(11.95, 108.05), { metres: 300, places });
  assert.deepEqual(found.map(({ id }) => id), ['a', 'b', 'c', 'd', 'e']);
  assert.ok(Math.abs(found[0].metres - 11.1) < 0.1);
  assert.deepEqual(nearbyOf(at(11.95, 108.05), { metres: 115, places }).map(({ id }) => id), ['a', 'b']);
});

test('a line travels open, with its length told', () => {
  const line = [at(11.95, 108.05), at(11.951, 108.05), at(11.951, 108.051)].map((place) => ({ ...place, altitude: 0, accuracy: 4 }));
  const text = toGeotrace(line);
  assert.equal(text.split(';').length, 3);
  assert.equal(text.split(';')[0], '11.9500000 108.0500000 0.0 4.0');
  assert.deepEqual(fromGeoshape(text), line);
  assert.equal(toGeotrace(line.slice(0, 1)), '');
  assert.ok(Math.abs(lengthOf(line) - 220) < 1, String(lengthOf(line)));
});
