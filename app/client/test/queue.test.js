import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '../src/records/memory_store.js';
import { queueOf } from '../src/records/queue.js';

const record = { instanceID: 'uuid:1' };

test('a record leaves only with its receipt', async () => {
  const counts = [];
  const queue = queueOf(
    memoryStore(),
    async () => ({ code: 'K7QX' }),
    (records) => counts.push(records.length),
  );
  assert.deepEqual(await queue.send(record), { code: 'K7QX' });
  assert.deepEqual(await queue.unsent(), []);
  assert.deepEqual(counts, [1, 0]);
});

test('a failed sending keeps it, and the next try sends the same record', async () => {
  let tries = 0;
  const queue = queueOf(memoryStore(), async (sending) => {
    assert.equal(sending, record);
    tries += 1;
    if (tries === 1) throw new Error('offline');
    return { code: 'K7QX' };
  });
  await assert.rejects(queue.send(record), /offline/);
  assert.deepEqual(await queue.unsent(), [record]);
  await queue.send(record);
  assert.deepEqual(await queue.unsent(), []);
});

test('two taps are one delivery', async () => {
  let tries = 0;
  const queue = queueOf(memoryStore(), async () => ({ number: (tries += 1) }));
  const [one, two] = await Promise.all([queue.send(record), queue.send(record)]);
  assert.equal(tries, 1);
  assert.equal(one, two);
});

test('a refused record can be taken back', async () => {
  const queue = queueOf(memoryStore(), async () => Promise.reject(new Error('422')));
  await assert.rejects(queue.send(record));
  await queue.withdraw(record);
  assert.deepEqual(await queue.unsent(), []);
});
