// Names on the map, those that fit: drawn as text, the more important first, none over another.
import L from 'leaflet';
import { polygonsOf } from './outlines.js';

const SIZES = { feature: [15, 22], hamlet: [14, 20], commune: [17, 24] };
const LETTER = 0.56; // width of a letter, in its height
const SHOWN_AT_MOST = 40;
const FROM_ZOOM = { commune: 7, feature: 14, hamlet: 12 };
export const DOTS_FROM_ZOOM = { hamlet: 11, feature: 9 };
export const DOTS_AT_MOST = 250;
// Far off the commune's name matters, near by what stands there.
const NEAR_ZOOM = 13;
const FAR_ORDER = ['commune', 'feature', 'hamlet'];
const NEAR_ORDER = ['feature', 'hamlet', 'commune'];

/** The middle of the widest stretch of an area on the line halfway up its largest ring: inside it, whatever its form. */
export function middleOf(geometry) {
  const polygons = polygonsOf(geometry);
  const size = (ring) => {
    const xs = ring.map(([x]) => x);
    const ys = ring.map(([, y]) => y);
    return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
  };
  const [ring] = polygons.reduce((largest, polygon) => (size(polygon[0]) > size(largest[0]) ? polygon : largest));
  const ys = ring.map(([, y]) => y);
  const y = (Math.max(...ys) + Math.min(...ys)) / 2 + 1e-9;
  const crossings = [];
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[j]];
    if (ay > y !== by > y) crossings.push(((bx - ax) * (y - ay)) / (by - ay) + ax);
  }
  crossings.sort((a, b) => a - b);
  let widest = [ring[0][0], ring[0][0]];
  for (let i = 0; i + 1 < crossings.length; i += 2)
    if (crossings[i + 1] - crossings[i] > widest[1] - widest[0]) widest = [crossings[i], crossings[i + 1]];
  return [y, (widest[0] + widest[1]) / 2];
}

const meets = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

/**
 * Names, and dots where `style` says so, of what is in sight only: a province has thousands. `add(text, [lat, lng], kind)`,
 * or with a geometry in place of the position, for as long as the map stands.
 */
export function labelsOn(map, styles = {}) {
  const all = { commune: [], feature: [], hamlet: [] };
  const shown = L.layerGroup().addTo(map);

  function inSight(kind) {
    const zoom = map.getZoom();
    if (zoom < (DOTS_FROM_ZOOM[kind] ?? FROM_ZOOM[kind])) return [];
    // Compared here and not by Leaflet: there may be thousands.
    const bounds = map.getBounds();
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    return all[kind].filter(({ at: { lat, lng } }) => lat >= south && lat <= north && lng >= west && lng <= east);
  }
  function dots(kind, items) {
    if (styles[kind]) for (const { at } of items.slice(0, DOTS_AT_MOST)) L.circleMarker(at, styles[kind]).addTo(shown);
  }
  function name({ text, at }, kind, taken) {
    const [letter, height] = SIZES[kind];
    const width = text.length * letter * LETTER;
    const { x, y } = map.latLngToContainerPoint(at);
    const top = kind === 'commune' ? y - height / 2 : y + 6;
    const box = [x - width / 2, top, x + width / 2, top + height];
    if (taken.some((other) => meets(box, other))) return;
    taken.push(box);
    const said = document.createElement('span');
    said.textContent = text;
    const icon = L.divIcon({ className: `map-label ${kind}`, html: said, iconSize: [0, 0], iconAnchor: [0, y - top] });
    L.marker(at, { icon, interactive: false, keyboard: false }).addTo(shown);
  }
  function place() {
    shown.clearLayers();
    const taken = [];
    for (const kind of map.getZoom() < NEAR_ZOOM ? FAR_ORDER : NEAR_ORDER) {
      const items = inSight(kind);
      dots(kind, items);
      if (map.getZoom() < FROM_ZOOM[kind]) continue;
      for (const item of items) if (taken.length < SHOWN_AT_MOST) name(item, kind, taken);
    }
  }

  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(place);
  };
  map.on('moveend zoomend resize', soon);
  map.on('unload', () => cancelAnimationFrame(waiting));
  return {
    add(text, at, kind, geometry) {
      all[kind].push({ text, at: L.latLng(at ?? middleOf(geometry)) });
      soon();
    },
  };
}
