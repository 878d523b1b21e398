import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutLists } from '../src/engine/cutting.js';
import { LongList } from '../src/engine/list.js';
import { parse, table } from '../src/text/csv.js';

test('a file of rows is read as columns', () => {
  assert.deepEqual([...table('name,label\r\n1,Xã A\r\n2,"Thôn ""Hai"", cũ"\r\n').columns.get('label')], [
    'Xã A',
    'Thôn "Hai", cũ',
  ]);
  assert.equal(table('\uFEFFname,label\n1,a\n2,b').count, 2);
  assert.deepEqual(table('name,label\n1').columns.get('label'), ['']);
  assert.deepEqual(table('name,label\n"a\nb",c').columns.get('name'), ['a\nb']);
  assert.equal(table('name,name\n1,2'), null);
});

test('the engine reads its lists by the same lines', () => {
  assert.deepEqual(parse('a;b\n1;"x;y"\n'), { data: [['a', 'b'], ['1', 'x;y']], errors: [], meta: { delimiter: ';' } });
  assert.deepEqual(parse('a|b\n"1"|2', { preview: 1 }).data, [['a', 'b']]);
  assert.deepEqual(parse('name\nmột').data, [['name'], ['một']]);
  assert.throws(() => parse('a\n"mở'), /quote/);
});

const rows = () => ({
  count: 4,
  columns: new Map([
    ['name', ['1', '2', '3', '4']],
    ['label', ['Thôn 1', 'Thôn 2', 'Ấp 3', 'Thôn Bốn']],
    ['commune', ['a', 'b', 'a', 'b']],
    ['kind', ['x', 'x', 'y', 'y']],
  ]),
});
const list = (conditions) =>
  new LongList({ several: false, value: 'name', label: 'label', conditions, rows: rows(), translated: null });

test('rows follow the answers they are filtered by', async () => {
  const answers = { '/data/commune': 'a' };
  const filtered = list([{ column: 'commune', path: '/data/commune' }, { column: 'kind', literal: 'y' }]);
  assert.deepEqual(filtered.rows((path) => answers[path]), [2]);
  answers['/data/commune'] = '';
  assert.deepEqual(filtered.rows((path) => answers[path]), []);
  assert.deepEqual(list([]).rows(() => ''), [0, 1, 2, 3]);
  assert.equal(list([]).rowOf('3'), 2);
  assert.deepEqual(await list([]).index([1, 3], ''), [
    { item: 1, folded: 'thon 2' },
    { item: 3, folded: 'thon bon' },
  ]);
});

const items = (count, text) =>
  [...Array(count).keys()].map((n) => `<item>${text ? `<itextId>d-${n}</itextId>` : ''}<name>v${n}</name>${text ? '' : `<label>A &amp; ${n}</label>`}</item>`).join('');

test('a list of twelve thousand rows is cut out of the text of a form, and nothing else is', async () => {
  const head = '<model><instance><data/></instance>';
  const short = `<instance id="ngan"><root>${items(3)}</root></instance>`;
  const cut = await cutLists(`${head}${short}<instance id="dai"><root>${items(12_000)}</root></instance></model>`);
  assert.equal(cut.xml, `${head}${short}<instance id="dai"><root></root></instance></model>`);
  assert.equal(cut.lists.get('dai').count, 12_000);
  assert.equal(cut.lists.get('dai').columns.get('label')[7], 'A & 7');
});

test('labels in languages are cut with the rows that alone use them', async () => {
  const texts = [...Array(2000).keys()].map((n) => `<text id="d-${n}"><value>Ấp ${n}</value></text>`).join('');
  const other = '<text id="/data/x:label"><value>Nơi</value></text>';
  const translation = (inner) => `<itext><translation lang="vi" default="true()">${inner}</translation></itext>`;
  const instance = (inner) => `<instance id="d"><root>${inner}</root></instance>`;
  const cut = await cutLists(translation(other + texts) + instance(items(2000, true)));
  assert.equal(cut.xml, translation(other) + instance(''));
  assert.equal(cut.lists.get('d').texts.get('vi').get('d-12'), 'Ấp 12');
});

test('what is not plain rows stays in the form', async () => {
  const odd = `<instance id="dai"><root>${items(2000)}<item><name>v</name><more><a>1</a></more></item></root></instance>`;
  assert.deepEqual(await cutLists(odd), { xml: odd, lists: new Map() });
});
