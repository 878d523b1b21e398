// Bundles the phone app into app/static/client/, its service worker last, and measures what a cheap phone must load.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { compileScript, parse } from 'vue/compiler-sfc';
import { faces } from './fonts.mjs';
import { joined } from './joining.mjs';
import { finish } from './packing.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, '../static/client'));

// Scripts and styles that a page links itself; each is found by this name in files.json.
const ENTRIES = { survey: 'src/main.js', 'survey-style': 'src/survey.css', trial: 'src/trial.js' };
// What the phone uses of the family; other weights would each cost it two more files.
const PHONE_WEIGHTS = [400, 600];

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
// - Of its CSV reader it calls `parse` on text: not the writer, nor the ways for jQuery, files and streams.
// - Its XPath parser runs in a page, never in Node.
// - Labels are shown as plain text (`asString`), so Markdown need not be parsed.
const HASHES = ['Core', 'X64Core', 'LibTypedarrays', 'EncBase64', 'Md5', 'Sha1', 'Sha256', 'Sha512', 'Sha384'];
const CUTS = [
  [/ eval\(func\)/g, ' (0, eval)(func)'],
  [
    /module\.exports = factory\(requireCore\(\), requireX64Core\(\), [^;]*requireBlowfish\(\)\);/g,
    `module.exports = factory(${HASHES.map((name) => `require${name}()`).join(', ')});`,
  ],
  [/var libExports = requireLib\(\);/g, 'var libExports = {};'],
  [/v\.unparse=function\(e,t\)\{.*?,v\.RECORD_SEP=/g, 'v.RECORD_SEP='],
  [/n\.jQuery&&\(\(d=n\.jQuery\)\.fn\.parse=.*?\}\),a&&\(n\.onmessage=/g, 'a&&(n.onmessage='],
  [/function f\(e\)\{var r;\(e=e\|\|\{\}\)\.chunkSize\|\|.*?(?=function c\(e\)\{var i;u\.call)/g, ''],
  [/function p\(e\)\{u\.call\(this,e=e\|\|\{\}\);var t=\[\].*?(?=function i\(m\)\{)/g, ''],
  [/new\(t\.download\?f:c\)\(t\)\):true===e\.readable.*?\(i=new l\(t\)\)/g, 'new c(t)):0'],
  [/v\.NetworkStreamer=f,v\.FileStreamer=l,/g, ''],
  [/v\.ReadableStreamStreamer=p,/g, ''],
  [/\(f\.prototype=Object\.create\(u\.prototype\)\)\.constructor=f,\(l\.prototype=[^)]*\)\)\.constructor=l,/g, ''],
  [/,\(p\.prototype=Object\.create\(u\.prototype\)\)\.constructor=p,v\}/g, ',v}'],
  [/var ENVIRONMENT_IS_NODE = typeof process == "object"[^;]*;/g, 'var ENVIRONMENT_IS_NODE = false;'],
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

// Nobody reads two languages at once: what is said in English is a part of its own, fetched by those who chose it.
const oneLanguage = {
  name: 'one-language',
  setup(build) {
    build.onResolve({ filter: /^english:/ }, ({ path }) => ({ path: path.slice('english:'.length), namespace: 'english' }));
    build.onLoad({ filter: /.*/, namespace: 'english' }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      loader: 'js',
      resolveDir: dirname(path),
    }));
    build.onLoad({ filter: /src[\\/]words[\\/]\w+\.js$/, namespace: 'file' }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const vietnamese = text.replace(/^export const en = /m, 'const english = ');
      if (vietnamese === text) return { errors: [{ text: `${path}: nothing is said in English` }] };
      const fetched = `(await import(${JSON.stringify(`english:${path}`)})).en`;
      return {
        contents: `${vietnamese}\nexport const en = globalThis.localStorage?.getItem('diaban-language') === 'en' ? ${fetched} : {};`,
        loader: 'js',
        resolveDir: dirname(path),
      };
    });
  },
};

// `@import "fonts:phone"`: the faces under the addresses all pages share.
const fonts = await faces(PHONE_WEIGHTS);
const phoneFonts = {
  name: 'phone-fonts',
  setup(build) {
    build.onResolve({ filter: /^fonts:phone$/ }, ({ path }) => ({ path, namespace: 'fonts' }));
    build.onLoad({ filter: /.*/, namespace: 'fonts' }, () => ({
      contents: fonts.map(({ css }) => css).join('\n'),
      loader: 'css',
    }));
  },
};

const shared = {
  absWorkingDir: here,
  outdir: out,
  publicPath: '/static/client/',
  assetNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  charset: 'utf8',
  loader: { '.png': 'file' },
  metafile: true,
  external: ['/static/*'],
};

// `import href from 'style:./map.css'`: the address of styles that a part links when it is first used.
const linked = [];
const linkedStyles = {
  name: 'linked-styles',
  setup(build) {
    build.onResolve({ filter: /^style:/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice('style:'.length)),
      namespace: 'style',
    }));
    build.onLoad({ filter: /.*/, namespace: 'style' }, async ({ path }) => {
      const { metafile } = await esbuild.build({ ...shared, entryPoints: [path], entryNames: '[name]-[hash]' });
      linked.push(metafile);
      const [made] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint);
      return { contents: `export default ${JSON.stringify(`/static/client/${basename(made)}`)}`, loader: 'js' };
    });
  },
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await esbuild.build({
  ...shared,
  entryPoints: ENTRIES,
  // Named by content: an old page never gets a newer part, and each may be kept for good.
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[name]-[hash]',
  splitting: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'linked',
  plugins: [singleFileComponents, oneLanguage, slimEngine, screeningRules, phoneFonts, linkedStyles],
  define: {
    'process.env.NODE_ENV': '"production"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
});
const bundled = await joined({ here, outputs: metafile.outputs, source: ENTRIES.survey });
const outputs = Object.assign({}, bundled, ...linked.map((one) => one.outputs));
await finish({ here, out, outputs, entries: ENTRIES, fonts });
