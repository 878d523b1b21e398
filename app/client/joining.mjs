// What the app always loads together becomes one file: two dozen small ones pack worse, and each costs a phone far from a
// mast its own way there and back.
import { createHash } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as esbuild from 'esbuild';

const NAMED = /[\w.-]+?-[A-Z0-9]{8}\.js/g;
const short = (...texts) => createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 8).toUpperCase();

/**
 * Joins the parts that the entry `source` imports at once; returns `outputs` (esbuild's, path from `here` → facts) as they
 * are then. Names stay names of content: whatever changes in the joined file gives new ones to all that import it.
 */
export async function joined({ here, outputs, source }) {
  const [entry] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source);
  const members = together(outputs, entry);
  if (members.length < 2) return outputs;
  const number = new Map(members.map((path, at) => [basename(path), at]));
  const whole = join(dirname(entry), `part-app-${short(...members.map((path) => basename(path)))}.js`);
  const texts = new Map([[whole, await bundled(here, members, outputs, number)]]);
  for (const path of Object.keys(outputs)) {
    if (!path.endsWith('.js') || members.includes(path)) continue;
    const text = importing(await readFile(join(here, path), 'utf8'), number, basename(whole));
    // A later part that only wants the app to have run comes when it has; one the app itself waits for (the English
    // sentences) would wait for the app in turn, for ever.
    texts.set(path, path === entry ? text : text.replaceAll(`import"/static/client/${basename(whole)}";`, ''));
  }

  const called = new Map([...texts.keys()].map((path) => [path, path === whole ? whole : anew(path, whole)]));
  const names = new Map([...called].map(([before, now]) => [basename(before), basename(now)]));
  for (const path of members) await rm(join(here, path));
  for (const [path, text] of texts) {
    await rm(join(here, path), { force: true });
    await writeFile(join(here, called.get(path)), text.replace(NAMED, (name) => names.get(name) ?? name));
  }
  await licences(join(here, dirname(entry)), names, number, basename(whole));
  const now = (path) => (members.includes(path) ? whole : (called.get(path) ?? path));
  return told(outputs, members, whole, now);
}

/** The parts without an entry of their own that `entry` imports at once, in the order they are run. */
function together(outputs, entry) {
  const found = [];
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path) || !outputs[path]) return;
    seen.add(path);
    for (const one of outputs[path].imports) if (one.kind === 'import-statement') visit(one.path);
    if (path !== entry && path.endsWith('.js') && !outputs[path].entryPoint) found.push(path);
  };
  visit(entry);
  return found;
}

async function bundled(here, members, outputs, number) {
  const contents = members.map((path) => {
    const { exports } = outputs[path];
    const file = JSON.stringify(`/static/client/${basename(path)}`);
    const given = exports.map((name) => `${name} as ${newName(number.get(basename(path)), name)}`).join(',');
    return exports.length ? `export{${given}}from${file}` : `import${file}`;
  });
  const only = {
    name: 'members',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path }) =>
        number.has(basename(path))
          ? { path: join(here, members[number.get(basename(path))]) }
          : { path, external: true },
      );
    },
  };
  const { outputFiles } = await esbuild.build({
    stdin: { contents: contents.join(';\n'), resolveDir: here },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'eof',
    plugins: [only],
  });
  // Each part pointed to licence texts of its own; they stand together now.
  return outputFiles[0].text.replace(/\/\*! For license information[^*]*\*\/\s*/g, '');
}

const newName = (at, name) => `p${at}_${name}`;
const anew = (path, whole) => path.replace(/-([A-Z0-9]{8})\.js$/, (_, hash) => `-${short(hash, basename(whole))}.js`);

/** The text of a part with its imports from members made imports from the joined file. */
function importing(text, number, whole) {
  const file = `"/static/client/${whole}"`;
  return text.replace(
    /(import|export)(?:\{([^{}]*)\}from)?"\/static\/client\/([\w.-]+\.js)"/g,
    (all, way, list, name) => {
      if (!number.has(name)) return all;
      if (list === undefined) return `${way}${file}`;
      const given = list.split(',').map((one) => {
        const [theirs, ours = theirs] = one.trim().split(/\s+as\s+/);
        return `${newName(number.get(name), theirs)} as ${ours}`;
      });
      return `${way}{${given.join(',')}}from${file}`;
    },
  );
}

/** Licence texts stand beside the file that now holds what they are for. */
async function licences(folder, names, number, whole) {
  let gathered = '';
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.LEGAL.txt')) continue;
    const name = file.slice(0, -'.LEGAL.txt'.length);
    if (number.has(name)) {
      gathered += await readFile(join(folder, file), 'utf8');
      await rm(join(folder, file));
    } else if (names.has(name)) await rename(join(folder, file), join(folder, `${names.get(name)}.LEGAL.txt`));
  }
  if (!gathered) return;
  await writeFile(join(folder, `${whole}.LEGAL.txt`), gathered);
  const text = await readFile(join(folder, whole), 'utf8');
  await writeFile(join(folder, whole), `${text}/*! For license information please see ${whole}.LEGAL.txt */\n`);
}

function told(outputs, members, whole, now) {
  const moved = (imports) =>
    [...new Map(imports.map((one) => [`${now(one.path)} ${one.kind}`, { ...one, path: now(one.path) }])).values()];
  const made = {};
  for (const [path, facts] of Object.entries(outputs)) {
    if (!members.includes(path)) made[now(path)] = { ...facts, imports: moved(facts.imports) };
  }
  const all = members.map((path) => outputs[path]);
  made[whole] = {
    inputs: Object.assign({}, ...all.map(({ inputs }) => inputs)),
    imports: moved(all.flatMap(({ imports }) => imports)).filter(({ path }) => path !== whole),
    exports: [],
  };
  return made;
}
