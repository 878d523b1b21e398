// Copies what the map and the office pages load from npm packages into app/static/vendor/: nothing comes from a CDN.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, 'node_modules');
const vendor = join(here, '../static/vendor');

const COPIES = [
  ['leaflet/dist/leaflet.js', 'leaflet/leaflet.js'],
  ['leaflet/dist/leaflet.css', 'leaflet/leaflet.css'],
  ['leaflet/dist/images', 'leaflet/images'],
  ['protomaps-leaflet/dist/protomaps-leaflet.js', 'protomaps-leaflet/protomaps-leaflet.js'],
  ['htmx.org/dist/htmx.min.js', 'htmx/htmx.min.js'],
  ['@picocss/pico/css/pico.min.css', 'pico/pico.min.css'],
  ['@picocss/pico/css/pico.classless.min.css', 'pico/pico.classless.min.css'],
];
const FONT = '@fontsource/be-vietnam-pro';
const WEIGHTS = [400, 500, 600, 700];
// Of overlapping ranges the last one counts: were it latin-ext, every "ă, đ, ơ, ư" would fetch a second, larger file.
const SCRIPTS = ['latin-ext', 'vietnamese', 'latin'];

await rm(vendor, { recursive: true, force: true });
for (const [from, to] of COPIES) {
  await mkdir(dirname(join(vendor, to)), { recursive: true });
  // Source maps are not copied, so the line that points to them would only cause a 404.
  if (from.endsWith('.js')) {
    const text = await readFile(join(packages, from), 'utf8');
    await writeFile(join(vendor, to), text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  } else {
    await cp(join(packages, from), join(vendor, to), { recursive: true });
  }
}

const faces = [];
await mkdir(join(vendor, 'be-vietnam-pro/files'), { recursive: true });
for (const weight of WEIGHTS) {
  for (const script of SCRIPTS) {
    const file = `files/be-vietnam-pro-${script}-${weight}-normal.woff2`;
    await cp(join(packages, FONT, file), join(vendor, 'be-vietnam-pro', file));
  }
  const css = await readFile(join(packages, FONT, `${weight}.css`), 'utf8');
  const blocks = css.replace(/, url\([^)]*\.woff\) format\('woff'\)/g, '').split(/(?=\/\* )/);
  for (const script of SCRIPTS) {
    faces.push(blocks.find((block) => block.startsWith(`/* be-vietnam-pro-${script}-${weight}-normal */`)).trim());
  }
}
await writeFile(join(vendor, 'be-vietnam-pro/be-vietnam-pro.css'), faces.join('\n'));
console.log(`${COPIES.length + WEIGHTS.length} assets in app/static/vendor`);
