// The office's base map of the own scope: downloaded when the person asks for it, drawn from the phone alone.
import { namedFlavor } from '@protomaps/basemaps';
import L from 'leaflet';
import { FileSource, PMTiles, leafletRasterLayer } from 'pmtiles';
import { LineSymbolizer, labelRules, leafletLayer, paintRules } from 'protomaps-leaflet';
import { database } from '../records/database.js';

const ADDRESS = '/survey/api/basemap';
const PATIENCE_MS = 20_000;
const keyOf = (scope) => `basemap ${scope}`;
// Room left to the answers: a map must never cost a photo.
const SPARE_BYTES = 50_000_000;

// The usual pale colours vanish in the sun: ways and names are drawn darker, the ground lighter.
const [MAJOR, WAY, NAME] = ['#b35f00', '#7d8583', '#2b3130'];
const IN_THE_SUN = {
  ...namedFlavor('light'),
  ...{ background: '#f6f4ef', earth: '#f6f4ef', water: '#8ecbe8', boundaries: '#6d7a76', railway: '#4a5754' },
  ...{ highway: MAJOR, major: MAJOR, link: MAJOR, bridges_highway: MAJOR, bridges_major: MAJOR, bridges_link: MAJOR },
  ...{ other: WAY, minor_service: WAY, minor_a: WAY, minor_b: WAY, bridges_minor: WAY, bridges_other: WAY },
  ...{ roads_label_minor: NAME, roads_label_major: NAME, subplace_label: NAME, city_label: NAME, state_label: NAME },
};

export class NoRoom extends Error {}

/** {version, kind, blob} kept on this phone, or undefined. */
export async function keptBasemap(scope) {
  return (await (await database()).get('facts', keyOf(scope)))?.value;
}

/** {bytes, version, kind} or {live: {url, kind, …}} the office offers, null where it offers none or doesn't answer. */
export async function offeredBasemap() {
  try {
    const response = await fetch(ADDRESS, { cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE_MS) });
    const offered = response.ok ? await response.json() : null;
    return offered?.bytes || offered?.live ? offered : null;
  } catch {
    return null;
  }
}

/** Downloads and keeps it; `told(share)` from 0 to 1. Raises NoRoom, or Error when the network fails. */
export async function download(scope, { bytes, version, kind }, told) {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota - usage < bytes + SPARE_BYTES) throw new NoRoom();
  const response = await fetch(`${ADDRESS}.pmtiles`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`basemap ${response.status}`);
  const chunks = [];
  let got = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    got += value.length;
    told(got / bytes);
  }
  const blob = new Blob(chunks);
  // Cut off, or a portal's page in its place.
  if (blob.size !== bytes || (await blob.slice(0, 7).text()) !== 'PMTiles') throw new Error('basemap incomplete');
  const value = { version, kind, blob };
  try {
    await (await database()).put('facts', { key: keyOf(scope), value });
  } catch (error) {
    if (error.name === 'QuotaExceededError') throw new NoRoom();
    throw error;
  }
  return value;
}

/** Draws tiles the phone asks our server for, while there is signal. */
export function drawLive(map, { url, kind, minzoom, maxzoom, attribution }) {
  globalThis.L ??= L;
  const credit = document.createElement('span');
  credit.textContent = attribution;
  const common = { noWrap: true, attribution: credit.innerHTML };
  if (kind === 'raster') return L.tileLayer(url, { ...common, minNativeZoom: minzoom, maxNativeZoom: maxzoom }).addTo(map);
  const look = { paintRules: paintRules(IN_THE_SUN), labelRules: labelRules(IN_THE_SUN, 'vi') };
  return leafletLayer({ ...common, url, maxDataZoom: maxzoom, backgroundColor: IN_THE_SUN.background, ...look }).addTo(map);
}

/** Draws a kept base map under everything else. */
export async function drawBasemap(map, { kind, blob }) {
  // The libraries look for Leaflet where a script tag would have put it.
  globalThis.L ??= L;
  const archive = new PMTiles(new FileSource(new File([blob], 'nen.pmtiles')));
  if (kind === 'raster') return leafletRasterLayer(archive, { maxNativeZoom: (await archive.getHeader()).maxZoom }).addTo(map);
  const [{ maxZoom }, { vector_layers: layers = [] }] = await Promise.all([archive.getHeader(), archive.getMetadata()]);
  const ids = layers.map(({ id }) => id);
  const known = ids.includes('earth') && ids.includes('roads');
  const look = known
    ? { paintRules: paintRules(IN_THE_SUN), labelRules: labelRules(IN_THE_SUN, 'vi'), backgroundColor: IN_THE_SUN.background }
    : { paintRules: ids.map(outlined), labelRules: [] };
  return leafletLayer({ url: archive, maxDataZoom: maxZoom, attribution: '', ...look }).addTo(map);
}

// A map of another make has layers we know nothing of: their lines are better than nothing.
const outlined = (dataLayer) => ({ dataLayer, symbolizer: new LineSymbolizer({ color: '#8a9692', width: 1 }) });
