import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown, plain } from '../src/text/markdown.js';

const tree = (text) => markdown([{ source: 'literal', asString: text }]);
const line = (text) => tree(text)[0].children;

test('bold, italics and lines', () => {
  assert.deepEqual(line('Có **điện** và *nước*'), [
    'Có ',
    { tag: 'strong', children: ['điện'] },
    ' và ',
    { tag: 'em', children: ['nước'] },
  ]);
  assert.deepEqual(line('__Đậm__ _nghiêng_')[0], { tag: 'strong', children: ['Đậm'] });
  assert.deepEqual(line('**Một *hai* ba**'), [
    { tag: 'strong', children: ['Một ', { tag: 'em', children: ['hai'] }, ' ba'] },
  ]);
  assert.deepEqual(line('Dòng một\nDòng hai'), ['Dòng một', { tag: 'br', children: [] }, 'Dòng hai']);
});

test('marks that mark nothing stay as they were written', () => {
  for (const text of ['so_ho_ngheo', '2 * 3 * 4', 'a < b', 'x_1 và y_2', '* ', '[chưa](', 'Giá 5*']) assert.equal(plain(line(text)), text.trim());
  assert.deepEqual(line('\\*không đậm\\*').join(''), '*không đậm*');
});

test('headings, lists and paragraphs', () => {
  assert.deepEqual(
    tree('# Đường\n\nĐoạn một\n\n- xấu\n- tốt\n\n1. một\n2. hai').map(({ tag }) => tag),
    ['h', 'p', 'ul', 'ol'],
  );
  assert.equal(tree('- xấu\n- tốt')[0].children.length, 2);
  // A question's own number is no list.
  assert.deepEqual(tree('3. Trường học'), [{ tag: 'p', children: ['3. Trường học'] }]);
});

test('no address, no style and no HTML comes through', () => {
  assert.equal(plain(line('Xem [hướng dẫn](https://example.com/a)')), 'Xem hướng dẫn (https://example.com/a)');
  assert.deepEqual(line('<span style="color:red">Chú ý</span>'), ['Chú ý']);
  assert.deepEqual(line('<b>Đậm</b>'), [{ tag: 'strong', children: ['Đậm'] }]);
  assert.equal(plain(line('<script>alert(1)</script>')), '<script>alert(1)</script>');
  assert.equal(plain(line('<img src=x onerror=alert(1)>')), '<img src=x onerror=alert(1)>');
});

test('an answer quoted in a label holds no markup', () => {
  const nodes = markdown([
    { source: 'literal', asString: '**Thôn** ' },
    { source: 'output', asString: '*A* <b>x</b> # y' },
  ]);
  assert.deepEqual(nodes[0].children, [{ tag: 'strong', children: ['Thôn'] }, ' ', '*A* <b>x</b> # y']);
  assert.deepEqual(markdown([{ source: 'literal', asString: '**Ở ' }, { source: 'output', asString: 'A' }, { source: 'literal', asString: '**' }])[0].children, [
    { tag: 'strong', children: ['Ở ', 'A'] },
  ]);
});

test('a label of a thousand unpaired marks is read at once', () => {
  const before = performance.now();
  tree('**a '.repeat(1000) + '<b>'.repeat(300));
  assert.ok(performance.now() - before < 2000);
});
