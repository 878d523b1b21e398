// The outlines of communes on the map, drawn by this file itself: Leaflet would project every corner of a province anew at
// each zoom, a second on a cheap phone. Corners are projected once, and far off most of them fall into one another.
import L from 'leaflet';
import { turns } from '../engine/turns.js';

const INK = '#17211f';
const TILE = 256;
// Pixels: corners closer than this to the last one drawn are left out.
const CLOSE = 0.75;
// Far off the areas are small and their lines would run together.
const NEAR_ZOOM = 8;

/** Longitude and latitude as shares of the world's square in Web Mercator, 0 to 1 from its north-west corner. */
const across = (longitude) => (longitude + 180) / 360;
const down = (latitude) => 0.5 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / (2 * Math.PI);

export const polygonsOf = ({ type, coordinates }) => (type === 'Polygon' ? [coordinates] : coordinates);

/** {rings: [Float64Array x, y, x, y, …], box: [west, north, east, south]} in shares of the world's square. */
export function projected(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const rings = polygonsOf(geometry).flatMap((polygon) =>
    polygon.map((ring) => {
      const flat = new Float64Array(ring.length * 2);
      ring.forEach(([longitude, latitude], at) => {
        const [x, y] = [across(longitude), down(latitude)];
        flat[2 * at] = x;
        flat[2 * at + 1] = y;
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      });
      return flat;
    }),
  );
  return { rings, box };
}

/** Traces `ring` on `context`, `scale` pixels to the world, `left` and `top` of the tile in pixels; how many corners. */
export function trace(context, ring, scale, left, top) {
  let [x, y] = [ring[0] * scale - left, ring[1] * scale - top];
  let drawn = 1;
  context.moveTo(x, y);
  for (let at = 2; at < ring.length; at += 2) {
    const nextX = ring[at] * scale - left;
    const nextY = ring[at + 1] * scale - top;
    if (Math.abs(nextX - x) < CLOSE && Math.abs(nextY - y) < CLOSE) continue;
    context.lineTo(nextX, nextY);
    [x, y] = [nextX, nextY];
    drawn += 1;
  }
  context.closePath();
  return drawn;
}

function draw(canvas, { x, y, z }, areas) {
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
  canvas.width = canvas.height = TILE * ratio;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.strokeStyle = INK;
  context.lineJoin = 'round';
  const scale = TILE * 2 ** z;
  const [left, top] = [x * TILE, y * TILE];
  const margin = 4;
  for (const { own, approximate, shape } of areas) {
    const [west, north, east, south] = shape.box.map((share) => share * scale);
    if (east < left - margin || west > left + TILE + margin || south < top - margin || north > top + TILE + margin) continue;
    context.beginPath();
    context.lineWidth = z < NEAR_ZOOM ? 1 : own ? 3 : 1.5;
    context.setLineDash(!approximate ? [] : z < NEAR_ZOOM ? [4, 3] : [8, 6]);
    for (const ring of shape.rings) trace(context, ring, scale, left, top);
    context.stroke();
  }
}

/**
 * A layer for the pane `pane` with the outlines of `communes` ([{own, approximate, geometry}]). They are projected a few at
 * a time, and each tile is drawn in a turn of its own: nothing has to wait for all of them.
 */
export function outlinesOf(communes, pane) {
  const areas = [];
  const all = (async () => {
    const turn = turns();
    for (const commune of communes) {
      areas.push({ ...commune, shape: projected(commune.geometry) });
      await turn();
    }
  })();
  let last = all;
  const Outlines = L.GridLayer.extend({
    createTile(coords, done) {
      const canvas = document.createElement('canvas');
      last = last.then(() => {
        // Moved on meanwhile: nobody will see it.
        if (!canvas.isConnected) return null;
        draw(canvas, coords, areas);
        done(null, canvas);
        return new Promise((resume) => setTimeout(resume));
      });
      return canvas;
    },
  });
  return new Outlines({ pane, tileSize: TILE, updateWhenZooming: false, updateWhenIdle: true, keepBuffer: 1 });
}
