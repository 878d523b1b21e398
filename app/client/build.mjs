// Bundles the phone app into app/static/client/, its service worker last, and measures what a cheap phone must load.
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
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
// - Its XPath parser runs in a page, never in Node.
// - Lists are read by the phone's own few lines (text/csv.js).
// - Labels are read by the phone's own Markdown (text/markdown.js), a tenth of the engine's.
// The last aren't cuts but seams: an instance is built and attached in turns (src/engine/turns.js), so that a long form doesn't
// hold a cheap phone still; parsing the form, defining its questions and defining its model are a turn each.
const HASHES = ['Core', 'X64Core', 'LibTypedarrays', 'EncBase64', 'Md5', 'Sha1', 'Sha256', 'Sha512', 'Sha384'];
const PAUSE = 'await new Promise((resume) => setTimeout(resume));';
const CUTS = [
  [/ eval\(func\)/g, ' (0, eval)(func)'],
  [
    /module\.exports = factory\(requireCore\(\), requireX64Core\(\), [^;]*requireBlowfish\(\)\);/g,
    `module.exports = factory(${HASHES.map((name) => `require${name}()`).join(', ')});`,
  ],
  [/var libExports = requireLib\(\);/g, 'var libExports = {};'],
  [
    /var papaparse_minExports = requirePapaparse_min\(\);/g,
    () => `import * as papaparse_minExports from ${JSON.stringify(join(here, 'src/text/csv.js'))};`,
  ],
  [/var ENVIRONMENT_IS_NODE = typeof process == "object"[^;]*;/g, 'var ENVIRONMENT_IS_NODE = false;'],
  [/const tree = fromMarkdown\(str\);/g, 'const tree = { children: [] };'],
  [
    /const buildChildren = \(parent\) => \{\s+const \{ children \} = childrenInitOptions\(parent\);\s+return children\.map\(([^]*?)\n {2}\}\);\n\};/g,
    (_, build) => `const buildChildren = (parent) => {
  const { children } = childrenInitOptions(parent);
  const build = ${build}\n  };
  const turns = parent.nodeType === 'root' || parent.nodeType === 'group' ? parent.rootDocument.turns : null;
  if (!turns) return children.map(build);
  turns.push({ parent, children, build });
  return [];
};`,
  ],
  [
    /this\.geolocationProvider = config\.geolocationProvider;/g,
    'this.geolocationProvider = config.geolocationProvider; this.turns = [];',
  ],
  [/\n\s+setIsAttached\(true\);/g, '\n    this.attach = () => setIsAttached(true);'],
  [/const xformDOM = XFormDOM\.from\(sourceXML\);/g, `const xformDOM = XFormDOM.from(sourceXML); ${PAUSE}`],
  [/\n\s+this\.model = new ModelDefinition\(this\);/g, ''],
  [
    /const \{ model \} = new XFormDefinition\(xformDOM\);/g,
    `const definition = new XFormDefinition(xformDOM); ${PAUSE}
    const model = definition.model = new ModelDefinition(definition); ${PAUSE}`,
  ],
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

// The phone takes the shared colours and sizes; what the office pages' CSS base takes from them is no use to it.
const phoneTokens = {
  name: 'phone-tokens',
  setup(build) {
    build.onLoad({ filter: /[\\/]css[\\/]tokens\.css$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      const at = contents.indexOf('/* Pico,');
      return at < 0 ? { errors: [{ text: `${path}: no part of Pico's` }] } : { contents: contents.slice(0, at), loader: 'css' };
    });
  },
};

// `english:words`: the English of every part, which only who speaks it fetches; the parts keep their Vietnamese.
const WORDS = join(here, 'src/words');
const english = {
  name: 'english',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]words[\\/][^\\/]+\.js$/, namespace: 'file' }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      const at = contents.indexOf('export const en = {');
      if (at < 0) return { errors: [{ text: `${path}: no "export const en = {"` }] };
      return { contents: contents.slice(0, at), loader: 'js' };
    });
    build.onResolve({ filter: /^english:/ }, ({ path }) => ({ path: path.slice('english:'.length), namespace: 'english' }));
    build.onLoad({ filter: /.*/, namespace: 'english' }, async ({ path }) => {
      if (path !== 'words') return { contents: await readFile(path, 'utf8'), loader: 'js' };
      const parts = (await readdir(WORDS)).filter((name) => name.endsWith('.js')).sort();
      const imports = parts.map((name, at) => `import { en as part${at} } from 'english:${join(WORDS, name)}';`);
      return {
        contents: `${imports.join('\n')}\nexport default Object.assign({}, ${parts.map((_, at) => `part${at}`).join(', ')});`,
        loader: 'js',
        resolveDir: WORDS,
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
  plugins: [singleFileComponents, slimEngine, english, phoneTokens, screeningRules, phoneFonts, linkedStyles],
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
