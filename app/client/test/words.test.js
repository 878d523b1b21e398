import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';

const folder = new URL('../src/words/', import.meta.url);
const shape = (value) => (typeof value === 'function' ? `function of ${value.length}` : typeof value);

for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
  test(`${file} says everything in both languages`, async () => {
    const { vi, en } = await import(new URL(file, folder));
    assert.deepEqual(Object.keys(en).sort(), Object.keys(vi).sort());
    for (const name of Object.keys(vi)) assert.equal(shape(en[name]), shape(vi[name]), name);
    // A name with Vietnamese letters left in an English sentence was forgotten.
    for (const [name, sentence] of Object.entries(en))
      if (typeof sentence === 'string' && !['app', 'appLanguage'].includes(name)) assert.doesNotMatch(sentence, /[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđơư]/i, name);
  });
}

test('no two parts use one name for different sentences', async () => {
  const named = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    const { vi } = await import(new URL(file, folder));
    for (const name of Object.keys(vi)) {
      assert.equal(named.get(name), undefined, `${name}: in ${named.get(name)} and ${file}`);
      named.set(name, file);
    }
  }
});
