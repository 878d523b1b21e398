// Bundles the phone app into app/static/client/ and measures what a cheap phone must load.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { minify } from 'terser';
import { compileScript, parse } from 'vue/compiler-sfc';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, '../static/client'));

// Templates are compiled here, so that the browser needs neither Vue's compiler nor `unsafe-eval`.
const singleFileComponents = {
  name: 'vue',
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor, errors } = parse(await readFile(path, 'utf8'), { filename: path });
      if (errors.length) return { errors: errors.map((error) => ({ text: `${path}: ${error.message}` })) };
      const script = compileScript(descriptor, { id: basename(path, '.vue'), inlineTemplate: true, isProd: true });
      return { contents: script.content, loader: 'js', resolveDir: dirname(path) };
    });
  },
};

// What the engine's one file holds and the phone has no use for. Each cut is checked: an engine that changed stops the build.
// - Direct eval(), which its parser never reaches and our security policy forbids, keeps every unused function alive.
// - XForms' digest() needs these hashes of crypto-js, not its ciphers.
// - A submission goes as one body: its files are not packed into bins of a size.
// - Labels are shown as plain text (`asString`), so Markdown need not be parsed.
const HASHES = ['Core', 'X64Core', 'LibTypedarrays', 'EncBase64', 'Md5', 'Sha1', 'Sha256', 'Sha512', 'Sha384'];
const CUTS = [
  [/ eval\(func\)/g, ' (0, eval)(func)'],
  [
    /module\.exports = factory\(requireCore\(\), requireX64Core\(\), [^;]*requireBlowfish\(\)\);/g,
    `module.exports = factory(${HASHES.map((name) => `require${name}()`).join(', ')});`,
  ],
  [/var libExports = requireLib\(\);/g, 'var libExports = {};'],
  [/const tree = fromMarkdown\(str\);/g, 'const tree = { children: [] };'],
];
// Its XPath parser is base64 text, which compresses badly: it becomes two files.
const PARSER = /const (\w+) = "data:application\/wasm;base64,([^"]+)";?/g;

const slimEngine = {
  name: 'slim-engine',
  setup(build) {
    const parsers = new Map();
    build.onLoad({ filter: /xforms-engine[\\/]dist[\\/]index\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [what, instead] of CUTS) {
        if (contents.search(what) < 0) return { errors: [{ text: `xforms-engine no longer holds ${what}` }] };
        contents = contents.replace(what, instead);
      }
      contents = contents.replace(PARSER, (_, name, base64) => {
        parsers.set(name, Buffer.from(base64, 'base64'));
        return `import ${name} from "parser:${name}.wasm";`;
      });
      if (parsers.size !== 2) return { errors: [{ text: 'xforms-engine no longer embeds two WebAssembly files' }] };
      return { contents, loader: 'js' };
    });
    build.onResolve({ filter: /^parser:/ }, ({ path }) => ({ path: path.slice(7), namespace: 'parser' }));
    build.onLoad({ filter: /.*/, namespace: 'parser' }, ({ path }) => ({
      contents: parsers.get(basename(path, '.wasm')),
      loader: 'file',
    }));
  },
};

// The phone screens texts; the rules for questions and imported columns stay on the server.
const screeningRules = {
  name: 'screening-rules',
  setup(build) {
    build.onLoad({ filter: /screening[\\/]rules\.json$/ }, async ({ path }) => {
      const { about, questions, columns, ...rules } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify(rules), loader: 'json' };
    });
  },
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await esbuild.build({
  absWorkingDir: here,
  entryPoints: { survey: 'src/main.js', 'survey-style': 'src/survey.css', 'map-style': 'src/place/map.css' },
  outdir: out,
  publicPath: '/static/client/',
  chunkNames: 'part-[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'linked',
  loader: { '.png': 'file' },
  metafile: true,
  external: ['/static/*'],
  plugins: [singleFileComponents, slimEngine, screeningRules],
  define: {
    'process.env.NODE_ENV': '"production"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
});

const sizes = {};
for (const [path, output] of Object.entries(metafile.outputs)) {
  if (path.endsWith('.LEGAL.txt')) continue;
  let bytes = await readFile(join(here, path));
  if (path.endsWith('.js')) {
    // esbuild bundles; terser packs what it leaves: 11 kB less on the wire.
    const { code } = await minify(bytes.toString(), { module: true, ecma: 2020, compress: { passes: 2 } });
    bytes = Buffer.from(code);
    await writeFile(join(here, path), bytes);
  }
  const packed = gzipSync(bytes, { level: 9 });
  await writeFile(join(here, `${path}.gz`), packed);
  const onMap =
    output.entryPoint === 'src/place/map.css' ||
    Object.keys(output.inputs).some((input) => input.includes('/leaflet/'));
  sizes[basename(path)] = { bytes: bytes.length, gzip: packed.length, use: onMap ? 'map' : 'first' };
}

// What the first load fetches beside the bundle: the page, the shared tokens and the two weights the phone uses.
let fixed = 0;
for (const file of ['templates/survey.html', 'static/css/tokens.css']) {
  fixed += gzipSync(await readFile(join(here, '..', file))).length;
}
for (const weight of [400, 600]) {
  for (const script of ['latin', 'vietnamese']) {
    const font = `node_modules/@fontsource/be-vietnam-pro/files/be-vietnam-pro-${script}-${weight}-normal.woff2`;
    fixed += (await readFile(join(here, font))).length;
  }
}
const total = (use) => Object.values(sizes).reduce((sum, size) => sum + (size.use === use ? size.gzip : 0), 0);
const first = (total('first') + fixed) / 1000;
const map = total('map') / 1000;
const report = { firstLoadKB: first, mapKB: map, files: sizes };
await writeFile(join(out, 'files.json'), `${JSON.stringify(report, null, 1)}\n`);
console.log(`first load ${first.toFixed(1)} kB, fonts included, map ${map.toFixed(1)} kB (gzip)`);
