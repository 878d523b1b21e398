// Whether a place (degrees WGS 84) lies in an area as GeoJSON gives it: rings of [longitude, latitude], holes after the outline.

const boxes = new WeakMap();

function boxOf(ring) {
  if (!boxes.has(ring)) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of ring) {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
    boxes.set(ring, box);
  }
  return boxes.get(ring);
}

function inRing(x, y, ring) {
  const [west, south, east, north] = boxOf(ring);
  if (x < west || x > east || y < south || y > north) return false;
  let found = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [ax, ay] = ring[i];
    const [bx, by] = ring[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) found = !found;
  }
  return found;
}

const inPolygon = (x, y, [outline, ...holes]) => inRing(x, y, outline) && !holes.some((hole) => inRing(x, y, hole));

/** Whether {latitude, longitude} lies in a Polygon or MultiPolygon; false for anything else. */
export function inside({ latitude, longitude }, geometry) {
  if (geometry?.type === 'Polygon') return inPolygon(longitude, latitude, geometry.coordinates);
  if (geometry?.type !== 'MultiPolygon') return false;
  return geometry.coordinates.some((polygon) => inPolygon(longitude, latitude, polygon));
}
