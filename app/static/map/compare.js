// Two maps side by side: their figures in shared classes, and each moving as the other moves.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const sides = {};

  // Two places move together as far apart as they were at first; one place twice moves as one.
  function together() {
    const { left, right } = sides;
    const flat = (map) => map.project(map.getCenter(), 0);
    const apart = flat(right.map).subtract(flat(left.map));
    const zoom = right.map.getZoom() - left.map.getZoom();
    let moving = false;
    const follow = (from, to, sign) =>
      from.on('move', () => {
        if (moving) return;
        moving = true;
        to.setView(to.unproject(flat(from).add(apart.multiplyBy(sign)), 0), from.getZoom() + zoom * sign, { animate: false });
        moving = false;
      });
    follow(left.map, right.map, 1);
    follow(right.map, left.map, -1);
  }

  async function show() {
    const root = document.querySelector('[data-compare]');
    const answer = await fetch(`/map/compare/figures?${root.dataset.compare}`, { headers: { Accept: 'application/json' } });
    const told = await answer.json();
    if (!answer.ok) {
      const said = document.querySelector('[data-said]');
      said.textContent = told.detail || told.title;
      said.hidden = false;
      return;
    }
    for (const [name, side] of Object.entries(sides)) {
      side.tiles.paint(diaban.toPaint(told[name]));
      diaban.figureLegend(root.querySelector(`[data-legend="${name}"]`), told[name]);
      root.querySelector(`[data-about="${name}"]`).textContent = `${told[name].title}: ${told[name].total} ${told[name].unit}`;
    }
    root.setAttribute('data-ready', '');
  }

  diaban.side = function (name, map, tiles) {
    sides[name] = { map, tiles };
    if (!sides.left || !sides.right) return;
    together();
    if (sides.left.tiles.settings.figure) show();
    else document.querySelector('[data-compare]').setAttribute('data-ready', '');
  };
})();
