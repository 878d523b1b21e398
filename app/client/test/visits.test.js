// Follow-up visits without a browser: searching, working in steps, and the list the engine is given.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unmarked } from '../src/text/unmarked.js';
import { withFeatures } from '../src/visits/entity_list.js';
import { found } from '../src/visits/search.js';
import { inSteps } from '../src/visits/steps.js';

const rows = ['Chùa Linh Sơn, Thôn 1', 'Đình Linh, Thôn 3', 'Linh Phước, Thôn 13'].map((label) => ({
  label,
  folded: unmarked(label),
}));
const labels = (query) => found(rows, query).map(({ label }) => label);

test('features are found without marks, those that begin with what is typed first', () => {
  assert.deepEqual(labels('linh'), ['Linh Phước, Thôn 13', 'Chùa Linh Sơn, Thôn 1', 'Đình Linh, Thôn 3']);
  assert.deepEqual(labels('dinh thon 3'), ['Đình Linh, Thôn 3']);
  assert.deepEqual(labels('  '), rows.map(({ label }) => label));
  assert.deepEqual(labels('nha tho'), []);
});

test('long work gives way again and again, and is done to its end', async () => {
  let now = 0;
  let turns = 0;
  let done = 0;
  const other = setInterval(() => (turns += 1), 0);
  await inSteps(
    () => {
      now += 1;
      done += 1;
      return done < 2000;
    },
    () => now,
  );
  clearInterval(other);
  assert.equal(done, 2000);
  assert.ok(turns > 10, `gave way ${turns} times`);
});

const XFORM = '<h:html><data><meta><entity dataset="religious_sites" id=""/></meta></data></h:html>';
const missing = async () => new Response('', { status: 404 });

test('a form is given the feature it visits and no other, and none where it adds one', async () => {
  const id = '7f3b4a3e-0000-4000-8000-123456789012';
  const visit = await withFeatures(XFORM, missing, { id, version: '5' })('religious_sites.csv');
  assert.equal(await visit.text(), `name,label,__version\n${id},${id},5\n`);
  const fresh = await withFeatures(XFORM, missing)('religious_sites.csv');
  assert.equal(await fresh.text(), 'name,label,__version\n');
});

test('any other list is the form’s own, also where it is missing', async () => {
  const own = async (name) => (name === 'hamlets.csv' ? new Response('name,label\n1,Thôn 1\n') : missing());
  const lists = withFeatures(XFORM, own, { id: 'x', version: '1' });
  assert.equal(await (await lists('hamlets.csv')).text(), 'name,label\n1,Thôn 1\n');
  assert.equal((await lists('other.csv')).status, 404);
  const served = withFeatures(XFORM, async () => new Response('name,label,__version\na,A,2\n'));
  assert.equal(await (await served('religious_sites.csv')).text(), 'name,label,__version\na,A,2\n');
});
