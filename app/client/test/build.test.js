// The build itself: what a phone on 400 kbit/s has to fetch.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const client = join(dirname(fileURLToPath(import.meta.url)), '..');

test('the first load and the map stay within the budget', (context) => {
  // Beside the built files, which a running server may be handing out.
  const out = mkdtempSync(join(tmpdir(), 'diaban-client-'));
  context.after(() => rmSync(out, { recursive: true }));
  execFileSync('node', ['build.mjs', out], { cwd: client });
  const { firstLoadKB, mapKB } = JSON.parse(readFileSync(join(out, 'files.json'), 'utf8'));
  assert.ok(firstLoadKB <= 340, `first load ${firstLoadKB} kB`);
  assert.ok(mapKB <= 150, `map ${mapKB} kB`);
});
