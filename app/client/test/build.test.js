// The build itself: what a phone on 400 kbit/s has to fetch.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const client = join(dirname(fileURLToPath(import.meta.url)), '..');

// Beside the built files, which a running server may be handing out.
const out = mkdtempSync(join(tmpdir(), 'diaban-client-'));
execFileSync('node', ['build.mjs', out], { cwd: client });
after(() => rmSync(out, { recursive: true }));
const read = (name) => readFileSync(join(out, name), 'utf8');
const { firstLoadKB, mapKB, files, entries } = JSON.parse(read('files.json'));

test('the first load and the map stay within the budget', () => {
  assert.ok(firstLoadKB <= 340, `first load ${firstLoadKB} kB`);
  assert.ok(mapKB <= 150, `map ${mapKB} kB`);
});

test('every address in what was built is one of what was built', () => {
  const texts = ['shell.html', 'sw.js', ...Object.keys(files).filter((name) => /\.(js|css)$/.test(name))];
  for (const name of texts) {
    for (const [, file] of read(name).matchAll(/\/static\/client\/([\w.-]+)/g)) {
      assert.ok(existsSync(join(out, file)), `${name} names ${file}`);
    }
  }
});

test('the service worker keeps each file of the app, by the hash of its bytes', () => {
  const worker = read('sw.js');
  for (const [name, { use }] of Object.entries(files)) {
    const hash = createHash('sha256').update(readFileSync(join(out, name))).digest('base64');
    assert.equal(worker.includes(`sha256-${hash}`), use !== 'office', name);
  }
  assert.ok(worker.includes(createHash('sha256').update(read('shell.html')).digest('base64')));
  assert.ok(read('shell.html').includes(entries['survey.js']));
});
