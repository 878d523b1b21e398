// Where symbols, numbers and names stand inside a tile, so that no number covers another, nothing crosses the tile's edge,
// and nothing is left out but names that have no room.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const TILE = 512; // pixels of a data tile on the screen
  const LAST_CELLS = 13; // data zooms up to this one come in cells
  const CELL = 64;
  const SINGLE = 9;

  const radius = (n) => (n < 2 ? SINGLE : n < 10 ? 16 : n < 100 ? 19 : n < 1000 ? 24 : 31);
  const side = (slots) => (slots > 1 ? CELL * 2 : CELL);
  const within = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

  // The side of the cell whose features stand together where one clicks; 0: around the click itself.
  diaban.cellAt = (zoom, slots) => (zoom - 1 > LAST_CELLS ? 0 : side(slots));

  function put(feature, x, y, r) {
    feature.r = r;
    feature.geom[0][0].x = x;
    feature.geom[0][0].y = y;
    feature.bbox = { minX: x - r - 8, minY: y - r - 8, maxX: x + r + 8, maxY: y + r + 8 };
  }

  // One feature for each layer and cell: n added up, at the weighted middle, with the class of the largest part.
  function gathered(tile, keys, width) {
    const cells = new Map();
    for (const key of keys) {
      for (const feature of tile.get(key) || []) {
        const { x, y } = feature.geom[0][0];
        const at = `${Math.floor(x / width)}:${Math.floor(y / width)}`;
        if (!cells.has(at)) cells.set(at, new Map());
        const held = cells.get(at).get(key);
        const { n } = feature.props;
        if (!held) {
          cells.get(at).set(key, { feature, n, most: n, sx: x * n, sy: y * n, class: feature.props.class });
          continue;
        }
        held.n += n;
        held.sx += x * n;
        held.sy += y * n;
        if (n > held.most) {
          held.most = n;
          held.class = feature.props.class;
        }
      }
    }
    return cells;
  }

  // The layers of one cell side by side around their common middle, the whole of it inside the cell.
  function place(members, left, top, width) {
    const columns = Math.ceil(Math.sqrt(members.length));
    const rows = Math.ceil(members.length / columns);
    const room = width / columns - 4;
    const r = members.map((m) => Math.min(radius(m.n), room / 2));
    const step = 2 * Math.max(...r) + 3;
    const total = members.reduce((sum, m) => sum + m.n, 0);
    const middle = (sum) => members.reduce((s, m) => s + m[sum], 0) / total;
    const half = (count) => (count * step) / 2 + 1;
    const x = within(middle('sx'), left + half(columns), left + width - half(columns));
    const y = within(middle('sy'), top + half(rows), top + width - half(rows));
    members.forEach((m, i) => {
      const column = i % columns;
      const row = Math.floor(i / columns);
      put(m.feature, x + (column - (columns - 1) / 2) * step, y + (row - (rows - 1) / 2) * step, r[i]);
    });
  }

  function inCells(tile, keys) {
    const width = side(keys.length);
    const done = new Map(keys.map((key) => [key, []]));
    for (const [at, byLayer] of gathered(tile, keys, width)) {
      const [column, row] = at.split(':').map(Number);
      const members = [...byLayer.values()];
      for (const [key, m] of byLayer) {
        m.feature.props.n = m.n;
        m.feature.props.class = m.class;
        done.get(key).push(m.feature);
      }
      if (members.length === 1 && members[0].n === 1) {
        // Alone: exactly where it is, but for the last pixels at a tile's edge.
        const { x, y } = members[0].feature.geom[0][0];
        put(members[0].feature, within(x, SINGLE + 2, TILE - SINGLE - 2), within(y, SINGLE + 2, TILE - SINGLE - 2), SINGLE);
      } else {
        place(members, column * width, row * width, width);
      }
    }
    return done;
  }

  function asTheyAre(tile, keys) {
    keys.forEach((key, slot) => {
      const turn = (slot / keys.length) * 2 * Math.PI;
      const apart = keys.length > 1 ? SINGLE : 0;
      for (const feature of tile.get(key) || []) {
        const r = radius(feature.props.n);
        const { x, y } = feature.geom[0][0];
        put(feature, within(x + Math.cos(turn) * apart, r + 2, TILE - r - 2), within(y + Math.sin(turn) * apart, r + 2, TILE - r - 2), r);
      }
    });
    return new Map(keys.map((key) => [key, tile.get(key) || []]));
  }

  // Names and commune numbers step aside for what stands there, a little; where there is no room they wait for the next
  // zoom. `box` gives half the width, and how far it reaches above and below its point.
  function makeRoom(features, taken, step, box) {
    for (const feature of features) {
      const { half, above, below, inside } = box(feature);
      const at = feature.geom[0][0];
      const x = inside ? within(at.x, half + 2, TILE - half - 2) : at.x;
      const y = inside ? within(at.y, above + 2, TILE - below - 2) : at.y;
      const free = [0, step, -step, step * 1.6, -step * 1.6].find(
        (dy) =>
          (!inside || (y + dy >= above && y + dy <= TILE - below)) &&
          !taken.some((b) => x + half > b.minX && x - half < b.maxX && y + dy + below > b.minY && y + dy - above < b.maxY),
      );
      feature.props.hidden = free === undefined;
      at.x = x;
      at.y = y + (free || 0);
      feature.bbox = { minX: x - half, maxX: x + half, minY: y - step * 2 - above, maxY: y + step * 2 + below };
      if (free !== undefined) occupy(taken, x, y + free, half, above, below);
    }
  }

  function occupy(taken, x, y, half, above, below) {
    taken.push({ minX: x - half, maxX: x + half, minY: y - above, maxY: y + below });
  }

  // Changes the places of the features of `keys`, the point layers that are on, in a freshly read tile.
  diaban.arrange = function (tile, z, keys, countsKey, namePx) {
    const done = z <= LAST_CELLS ? inCells(tile, keys) : asTheyAre(tile, keys);
    const taken = [];
    for (const [key, features] of done) {
      if (tile.has(key)) tile.set(key, features);
      for (const { geom, r } of features) {
        const { x, y } = geom[0][0];
        taken.push({ minX: x - r, minY: y - r, maxX: x + r, maxY: y + r });
      }
    }
    makeRoom(tile.get(countsKey) || [], taken, 24, (f) => ({ half: diaban.countWidth(f.props.n) / 2, above: 0, below: 28, inside: true }));
    const names = (tile.get('unit_labels') || []).filter((f) => diaban.isNamed(z + 1, f.props));
    const half = (f) => f.props.name.length * namePx * 0.29 + 2;
    makeRoom(names, taken, namePx, (f) => ({ half: half(f), above: namePx * 1.1, below: namePx * 0.3 }));
  };
})();
