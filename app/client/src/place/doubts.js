// What is odd about a place, said before it is sent. The server flags the same; nothing here keeps anyone from sending.

import { distance } from './fixes.js';
import { inside } from './inside.js';

// West, south, east, north: islands and shelf included, as the server has it. Latitudes and longitudes never overlap.
const COUNTRY = [102, 6.5, 118, 24];
const ZERO_DEGREES = 0.01;

function inCountry(longitude, latitude) {
  const [west, south, east, north] = COUNTRY;
  return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}

/**
 * [{kind, …}] of {latitude, longitude}: 'zero', 'swapped', 'abroad'; 'commune' {name, other, soft}: outside the chosen
 * commune, in `other` if that is known, `soft` where a boundary is only approximate; 'hamlet' {name, metres}.
 * `around`: {communes: [{id, name, approximate, geometry}], hamlets: Map id → {name, latitude, longitude}, far: metres}.
 */
export function doubtsOf(place, { commune, hamlet }, around) {
  const { latitude, longitude } = place;
  if (Math.abs(latitude) < ZERO_DEGREES && Math.abs(longitude) < ZERO_DEGREES) return [{ kind: 'zero' }];
  if (inCountry(latitude, longitude)) return [{ kind: 'swapped' }];
  if (!inCountry(longitude, latitude)) return [{ kind: 'abroad' }];
  const found = [];
  const chosen = around.communes.find(({ id }) => String(id) === commune);
  if (chosen?.geometry && !inside(place, chosen.geometry)) {
    const holder = around.communes.find((other) => other !== chosen && inside(place, other.geometry));
    const soft = Boolean(chosen.approximate || holder?.approximate);
    found.push({ kind: 'commune', name: chosen.name, other: holder?.name ?? '', soft });
  }
  const home = around.hamlets.get(hamlet);
  const metres = home ? distance(home, place) : 0;
  if (metres > around.far) found.push({ kind: 'hamlet', name: home.name, metres });
  return found;
}
