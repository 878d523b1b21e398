// After bundling: files packed and measured, the app's shell filled in, and the service worker told what to keep.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import zopfli from '@gfx/zopfli';
import * as esbuild from 'esbuild';
import { minify } from 'terser';

// What a phone has fetched before the first form can be filled: these entries and all they import at once.
const FIRST = ['src/main.js', 'src/survey.css', 'src/engine/open.js'];
// The pages of the office are no part of the phone app: it neither counts nor keeps what only they use.
const OFFICE = ['src/trial.js'];
const MAP = /\/(leaflet|protomaps-leaflet|pmtiles)\/|^(style:.*)?src\/place\//;
const ICONS = ['diaban.svg', 'diaban-192.png'];
const SHELL = '/survey/shell';

// Packing well takes seconds; what didn't change since the last build is taken from here.
const PACKED = 'node_modules/.cache/diaban-packed';

const digest = (bytes) => createHash('sha256').update(bytes).digest();

/**
 * Packs `outputs` (esbuild's, by path from `here`) in place, writes shell.html, sw.js and files.json to `out`.
 * `entries`: name → source of what pages link; `fonts`: the faces the phone uses.
 */
export async function finish({ here, out, outputs, entries, fonts }) {
  const parts = Object.entries(outputs).filter(([path]) => !path.endsWith('.LEGAL.txt'));
  const files = {};
  for (const [path] of parts) files[path] = await packed(here, join(here, path));
  const uses = usesOf(parts);
  for (const [path, file] of Object.entries(files)) file.use = uses.get(path) ?? 'office';

  const address = (path) => `/static/client/${basename(path)}`;
  const named = Object.fromEntries(
    Object.entries(entries).map(([name, source]) => [
      `${name}${source.endsWith('.css') ? '.css' : '.js'}`,
      address(parts.find(([, { entryPoint }]) => entryPoint === source)[0]),
    ]),
  );
  const icons = await Promise.all(ICONS.map((name) => iconOf(join(here, '../static/icons'), name)));
  const preloads = parts
    .filter(([path, { entryPoint }]) => atOnce(parts, entries.survey).has(path) && entryPoint !== entries.survey)
    .map(([path]) => `<link rel="modulepreload" href="${address(path)}">`);
  const shell = await shellOf(here, out, { ...named, ...Object.fromEntries(icons.map((i) => [i.plain, i.address])) }, preloads);

  const kept = [
    { url: SHELL, bytes: shell },
    ...Object.entries(files)
      .filter(([, { use }]) => use !== 'office')
      .map(([path, { bytes }]) => ({ url: address(path), bytes })),
    ...fonts.map((font) => ({ url: font.address, bytes: font.bytes })),
    ...icons.map((icon) => ({ url: icon.address, bytes: icon.bytes })),
  ].map(({ url, bytes }) => ({ url, integrity: `sha256-${digest(bytes).toString('base64')}` }));
  const version = digest(JSON.stringify(kept)).toString('hex').slice(0, 12);
  await workerOf(here, out, { version, kept });
  await report(out, { files, fonts, shell, named, version });
}

/** Writes the packed forms of one built file beside it. */
async function packed(here, path) {
  let bytes = await readFile(path);
  if (path.endsWith('.js')) {
    // esbuild bundles; terser packs what it leaves: 11 kB less on the wire.
    const { code } = await minify(bytes.toString(), { module: true, ecma: 2020, compress: { passes: 2 } });
    bytes = Buffer.from(code);
    await writeFile(path, bytes);
  }
  const small = await gzipped(join(here, PACKED), bytes);
  await writeFile(`${path}.gz`, small);
  await writeFile(`${path}.br`, brotli(bytes));
  return { bytes, gzip: small.length };
}

/** An eighth smaller than gzip, for those who ask over https. */
function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
}

/** gzip as any browser reads it, 5 % smaller than zlib makes it. */
async function gzipped(folder, bytes) {
  const known = join(folder, digest(bytes).toString('hex'));
  const before = await readFile(known).catch(() => null);
  if (before) return before;
  const made = await zopfli.gzipAsync(bytes, { numiterations: 8 });
  await mkdir(folder, { recursive: true });
  await writeFile(known, made);
  return made;
}

/** Paths of what the entry `source` brings with it at once, itself included; with `later` also what it can ask for. */
function atOnce(parts, source, later = false) {
  const all = new Map(parts);
  const found = new Set();
  const waiting = parts.filter(([, { entryPoint }]) => entryPoint === source).map(([path]) => path);
  while (waiting.length) {
    const path = waiting.pop();
    if (found.has(path) || !all.has(path)) continue;
    found.add(path);
    const { imports, inputs } = all.get(path);
    waiting.push(...imports.filter(({ kind }) => later || kind !== 'dynamic-import').map((one) => one.path));
    for (const input of Object.keys(inputs).filter((name) => name.startsWith('style:'))) {
      waiting.push(...parts.filter(([, { entryPoint }]) => input.endsWith(entryPoint ?? '?')).map(([one]) => one));
    }
  }
  return found;
}

/** Path → 'first', 'map' or 'later'; a file that only an office page uses isn't in it. */
function usesOf(parts) {
  const uses = new Map();
  const sources = new Set(parts.map(([, { entryPoint }]) => entryPoint).filter(Boolean));
  for (const source of FIRST) if (!sources.has(source)) throw new Error(`${source} is no part of its own any more`);
  for (const path of [...FIRST].flatMap((source) => [...atOnce(parts, source, true)])) {
    const inputs = Object.keys(parts.find(([one]) => one === path)[1].inputs);
    const drawn = inputs.some((input) => MAP.test(input));
    uses.set(path, drawn ? 'map' : 'later');
  }
  // What a map brings with it (its pictures) belongs to it.
  for (const [path, use] of [...uses]) {
    if (use !== 'map') continue;
    const { imports } = parts.find(([one]) => one === path)[1];
    for (const { path: picture, kind } of imports) if (kind === 'url-token' && uses.has(picture)) uses.set(picture, 'map');
  }
  for (const source of FIRST) for (const path of atOnce(parts, source)) uses.set(path, 'first');
  for (const source of OFFICE) for (const path of atOnce(parts, source, true)) if (!uses.has(path)) uses.set(path, 'office');
  return uses;
}

async function iconOf(folder, name) {
  const bytes = await readFile(join(folder, name));
  const plain = `/static/icons/${name}`;
  return { plain, bytes, address: `${plain}?v=${digest(bytes).toString('hex').slice(0, 8)}` };
}

async function shellOf(here, out, names, preloads) {
  const template = await readFile(join(here, 'src/shell.html'), 'utf8');
  const text = template.replace(/\{\{([^}]+)\}\}/g, (_, name) => {
    if (name === 'preloads') return preloads.join('\n  ');
    if (!names[name]) throw new Error(`shell.html: nothing is called ${name}`);
    return names[name];
  });
  const bytes = Buffer.from(text);
  await writeFile(join(out, 'shell.html'), bytes);
  await writeFile(join(out, 'shell.html.gz'), gzipSync(bytes, { level: 9 }));
  await writeFile(join(out, 'shell.html.br'), brotli(bytes));
  return bytes;
}

async function workerOf(here, out, list) {
  const known = {
    name: 'precache',
    setup(build) {
      build.onResolve({ filter: /^precache$/ }, ({ path }) => ({ path, namespace: 'precache' }));
      build.onLoad({ filter: /.*/, namespace: 'precache' }, () => ({
        contents: `export const VERSION = ${JSON.stringify(list.version)}; export const SHELL = ${JSON.stringify(SHELL)};
          export const FILES = ${JSON.stringify(list.kept)};`,
        loader: 'js',
      }));
    },
  };
  await esbuild.build({
    absWorkingDir: here,
    entryPoints: { sw: 'src/worker/sw.js' },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    plugins: [known],
  });
  const path = join(out, 'sw.js');
  const bytes = await readFile(path);
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  await writeFile(`${path}.br`, brotli(bytes));
}

async function report(out, { files, fonts, shell, named, version }) {
  // Fetched at once besides the bundle: the page itself and the faces Vietnamese text needs.
  const fixed = gzipSync(shell, { level: 9 }).length + fonts.filter(({ script }) => script !== 'latin-ext').reduce((sum, { bytes }) => sum + bytes.length, 0);
  const total = (use) => Object.values(files).reduce((sum, file) => sum + (file.use === use ? file.gzip : 0), 0) / 1000;
  const sizes = { firstLoadKB: total('first') + fixed / 1000, laterKB: total('later'), mapKB: total('map') };
  const list = Object.entries(files).map(([path, { bytes, gzip, use }]) => [basename(path), { bytes: bytes.length, gzip, use }]);
  const found = { version, entries: named, ...sizes, files: Object.fromEntries(list) };
  await writeFile(join(out, 'files.json'), `${JSON.stringify(found, null, 1)}\n`);
  const kB = (size) => `${size.toFixed(1)} kB`;
  console.log(`first load ${kB(sizes.firstLoadKB)} with fonts, later ${kB(sizes.laterKB)}, map ${kB(sizes.mapKB)} (gzip)`);
}
