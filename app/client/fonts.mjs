// The type family as files named by their content: every page asks for the same ones, so none is fetched twice.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/@fontsource/be-vietnam-pro');
export const WEIGHTS = [400, 500, 600, 700];
// Of overlapping ranges the last one counts: were it latin-ext, every "ă, đ, ơ, ư" would fetch a second, larger file.
const SCRIPTS = ['latin-ext', 'vietnamese', 'latin'];

/** [{file, address, bytes, script, weight, css}] of these weights, in the order of the cascade. */
export async function faces(weights = WEIGHTS) {
  const made = [];
  for (const weight of weights) {
    const css = await readFile(join(source, `${weight}.css`), 'utf8');
    const blocks = css.replace(/, url\([^)]*\.woff\) format\('woff'\)/g, '').split(/(?=\/\* )/);
    for (const script of SCRIPTS) {
      const name = `be-vietnam-pro-${script}-${weight}-normal`;
      const bytes = await readFile(join(source, `files/${name}.woff2`));
      const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
      const file = `${name}-${hash}.woff2`;
      const address = `/static/vendor/be-vietnam-pro/files/${file}`;
      const block = blocks.find((one) => one.startsWith(`/* ${name} */`)).trim();
      made.push({ file, address, bytes, script, weight, css: block.replace(`./files/${name}.woff2`, address) });
    }
  }
  return made;
}
