import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aloneIn } from '../src/text/alone.js';
import { dayOf, fromMoment, fromTime, hourOf, toMoment, toTime } from '../src/text/clock.js';
import { stepsOf } from '../src/text/steps.js';

test('hours and moments are those of the clock in Vietnam', () => {
  assert.equal(toTime('14:05'), '14:05:00.000+07:00');
  assert.equal(toTime(''), null);
  assert.equal(fromTime('14:05:00.000+07:00'), '14:05');
  assert.equal(fromTime('07:05:00.000Z'), '14:05');
  assert.equal(fromTime('09:30'), '09:30');
  assert.equal(toMoment('2026-11-22T14:05'), '2026-11-22T14:05:00.000+07:00');
  assert.equal(toMoment('2026-11-22'), null);
  assert.equal(fromMoment('2026-11-21T20:30:00.000-02:00'), '2026-11-22T05:30');
  assert.equal(fromMoment('2026-11-22T14:05:00.000+07:00'), '2026-11-22T14:05');
  const late = new Date('2026-11-21T18:30:00Z');
  assert.equal(`${dayOf(late)} ${hourOf(late)}`, '2026-11-22 01:30');
});

test('steps of a range add up without a remainder', () => {
  const tenths = stepsOf(0, 1, 0.1);
  assert.equal(tenths.count, 11);
  assert.deepEqual([0, 3, 7, 10].map(tenths.at), [0, 0.3, 0.7, 1]);
  assert.equal(tenths.indexOf(0.30000000000000004), 3);
  assert.deepEqual([...Array(stepsOf(-5, 6, 4).count).keys()].map(stepsOf(-5, 6, 4).at), [-5, -1, 3]);
});

test("the choice that stands alone is read from the form's rule", () => {
  assert.equal(aloneIn("not(selected(., 'none') and count-selected(.) > 1)"), 'none');
  assert.equal(aloneIn('not(selected( . , "khong") and count-selected( . )>1)'), 'khong');
  assert.equal(aloneIn("count-selected(.) <= 3"), null);
  assert.equal(aloneIn("not(selected(., 'a') and selected(., 'b') and count-selected(.) > 1)"), null);
});
