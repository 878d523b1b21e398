// Choosing among the positions a phone reports.

export const GATE_METRES = 15;

/** A browser position → {latitude, longitude, altitude, accuracy}: degrees WGS 84, metres. */
export function fixOf({ coords }) {
  const { latitude, longitude, altitude, accuracy } = coords;
  return { latitude, longitude, altitude: altitude ?? null, accuracy };
}

/** The more accurate of the two; the newer when equal. */
export function better(best, fix) {
  return !best || fix.accuracy <= best.accuracy ? fix : best;
}

const EARTH_RADIUS_METRES = 6371008.8;
const radians = (degrees) => (degrees * Math.PI) / 180;

/** Great-circle distance in metres. */
export function distance(a, b) {
  const dLat = radians(b.latitude - a.latitude);
  const dLon = radians(b.longitude - a.longitude);
  const h =
    Math.sin(dLat / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(h));
}
