// What the layer holds already within its own distance of a place.

import { distance } from './fixes.js';

const SHOWN = 5;

/** The nearest first, five at most: [{id, label, state, on, waiting, metres}] out of what the server listed. */
export function nearbyOf(place, { metres, places }) {
  return places
    .map(([id, longitude, latitude, label, state, on, waiting]) => ({
      id,
      label,
      state,
      on,
      waiting: Boolean(waiting),
      metres: distance(place, { latitude, longitude }),
    }))
    .filter((other) => other.metres <= metres)
    .sort((a, b) => a.metres - b.metres)
    .slice(0, SHOWN);
}
