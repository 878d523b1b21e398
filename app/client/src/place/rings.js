// Corners of a ring or a line (degrees WGS 84) and the text that carries them: "lat lon alt acc;…"; a ring repeats its first.
import { distance } from './fixes.js';

const METRES_PER_DEGREE = 111320;

const placed = ({ latitude, longitude, altitude, accuracy }) =>
  [latitude.toFixed(7), longitude.toFixed(7), (altitude ?? 0).toFixed(1), (accuracy ?? 0).toFixed(1)].join(' ');

/** Corners → geoshape text; '' under three corners. */
export const toGeoshape = (corners) => (corners.length < 3 ? '' : [...corners, corners[0]].map(placed).join(';'));

/** Corners → geotrace text; '' under two. */
export const toGeotrace = (corners) => (corners.length < 2 ? '' : corners.map(placed).join(';'));

/** Metres along the corners. */
export const lengthOf = (corners) =>
  corners.slice(1).reduce((sum, corner, at) => sum + distance(corners[at], corner), 0);

/** Geoshape or geotrace text → corners, a ring's repeated last one left out. */
export function fromGeoshape(text) {
  const corners = text
    .split(';')
    .filter((part) => part.trim())
    .map((part) => part.trim().split(/\s+/).map(Number))
    .map(([latitude, longitude, altitude = 0, accuracy = 0]) => ({ latitude, longitude, altitude, accuracy }));
  const [first, last] = [corners[0], corners.at(-1)];
  const closed = corners.length > 1 && first.latitude === last.latitude && first.longitude === last.longitude;
  return closed ? corners.slice(0, -1) : corners;
}

function flat(corners) {
  const scale = Math.cos((corners[0].latitude * Math.PI) / 180);
  return corners.map(({ latitude, longitude }) => [
    (longitude - corners[0].longitude) * METRES_PER_DEGREE * scale,
    (latitude - corners[0].latitude) * METRES_PER_DEGREE,
  ]);
}

/** Approximate area in hectares, good to a few parts in a thousand for a commune: shown, never stored. */
export function hectares(corners) {
  if (corners.length < 3) return 0;
  const xy = flat(corners);
  const twice = xy.reduce((sum, [x, y], i) => {
    const [nx, ny] = xy[(i + 1) % xy.length];
    return sum + x * ny - nx * y;
  }, 0);
  return Math.abs(twice) / 2 / 10000;
}

const side = ([ax, ay], [bx, by], [cx, cy]) => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));

/** Whether two sides of the ring cross: the server would refuse it. */
export function crossesItself(corners) {
  if (corners.length < 4) return false;
  const xy = flat(corners);
  const n = xy.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [xy[i], xy[i + 1], xy[j], xy[(j + 1) % n]];
      if (side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)) return true;
    }
  }
  return false;
}
