// Copies what the map and the office pages load from npm packages into app/static/vendor/: nothing comes from a CDN.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faces } from './fonts.mjs';

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
// Maps on paper join these parts to whole TrueType fonts; their packing is the one Python opens without more.
for (const weight of [400, 600]) {
  for (const script of ['latin', 'latin-ext', 'vietnamese']) {
    const from = `@fontsource/be-vietnam-pro/files/be-vietnam-pro-${script}-${weight}-normal.woff`;
    COPIES.push([from, `be-vietnam-pro/print/${script}-${weight}.woff`]);
  }
}
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

await mkdir(join(vendor, 'be-vietnam-pro/files'), { recursive: true });
const family = await faces();
for (const { file, bytes } of family) await writeFile(join(vendor, 'be-vietnam-pro/files', file), bytes);
await writeFile(join(vendor, 'be-vietnam-pro/be-vietnam-pro.css'), family.map(({ css }) => css).join('\n'));
console.log(`${COPIES.length + family.length} assets in app/static/vendor`);
