// A page's map on Leaflet, from data that is all there: units in classes or hatchings, layers, numbers, names.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const EDGE = '#3d4a47';
  const MOST_NAMES = 60;

  const pen = () => document.createElement('canvas').getContext('2d');

  function icon(side, draw, said) {
    const scale = window.devicePixelRatio || 1;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side * scale;
    canvas.style.width = canvas.style.height = `${side}px`;
    const ctx = canvas.getContext('2d');
    ctx.scale(scale, scale);
    draw(ctx, side / 2);
    canvas.setAttribute('aria-hidden', 'true');
    return L.divIcon({ html: canvas, className: said || 'spot', iconSize: [side, side] });
  }

  const put = (group, at, made) => L.marker(at, { icon: made, interactive: false, keyboard: false }).addTo(group);

  function unitStyle(page, unit) {
    const style = { color: EDGE, weight: unit.level === 1 ? 3 : 1, opacity: 0.9, fill: false, interactive: false };
    if (unit.approximate) style.dashArray = '6 4';
    if (unit.fill && unit.shape !== undefined && unit.level === 3) {
      style.fill = true;
      style.fillOpacity = 1;
      style.fillColor = unit.fill.m ? diaban.markFill(pen(), unit.fill.m) : diaban.classColor(unit.fill.c, page.classes.length);
    }
    return style;
  }

  function drawUnits(group, data, page) {
    const withShape = page.units.filter((unit) => unit.shape !== undefined);
    for (const unit of withShape.filter((one) => one.level === 3).concat(withShape.filter((one) => one.level === 1))) {
      L.geoJSON(data.shapes[unit.shape], { style: unitStyle(page, unit), interactive: false }).addTo(group);
    }
    for (const unit of page.units.filter((one) => one.level === 4 && one.fill)) {
      const look = { radius: unit.fill.m ? 9 : 8 + 2 * unit.fill.c, color: EDGE, weight: 2, fillOpacity: 1, interactive: false };
      look.fillColor = unit.fill.m ? diaban.markFill(pen(), unit.fill.m) : diaban.classColor(unit.fill.c, page.classes.length);
      L.circleMarker(unit.at, look).addTo(group);
    }
  }

  function drawLayer(group, data, layer, several, size) {
    const of = (code) => layer.classes.find((one) => one.code === code);
    for (const [shape, code] of layer.patches) {
      const one = of(code);
      const color = one ? one.color : layer.color;
      const fillColor = one && one.symbol.startsWith('hatch') ? diaban.hatching(pen(), one.symbol, color) : color;
      L.geoJSON(data.shapes[shape], { style: { color: layer.color, weight: 2, fillColor, fillOpacity: one ? 1 : 0.5 }, interactive: false }).addTo(group);
    }
    for (const [lat, lon, n, code] of layer.spots) {
      const one = of(code);
      if (n > 1) {
        const r = size * (n < 10 ? 16 : n < 100 ? 19 : n < 1000 ? 24 : 31);
        put(group, [lat, lon], icon(2 * r + 20, (ctx, m) => diaban.cluster(ctx, layer, n, m, m, r, several)));
      } else if (one) {
        put(group, [lat, lon], icon(26, (ctx, m) => diaban.symbol(ctx, one.symbol, one.color, m, m, 8)));
      } else {
        put(group, [lat, lon], icon(28, (ctx, m) => diaban.glyph(ctx, layer.icon, layer.color, m, m, 12)));
      }
    }
  }

  // Names under their places; one that would cover another is left out.
  function drawNames(group, map, page) {
    const box = map.getSize();
    const taken = [];
    for (const [lat, lon] of page.layers.flatMap((layer) => layer.spots).concat(page.reports)) {
      const p = map.latLngToContainerPoint([lat, lon]);
      taken.push([p.x - 15, p.y - 15, p.x + 15, p.y + 15]);
    }
    const hamlets = page.units.filter((unit) => unit.level === 4);
    const wanted = hamlets.length && hamlets.length <= MOST_NAMES ? hamlets : page.units.filter((unit) => unit.level === 3);
    for (const unit of wanted) {
      const p = map.latLngToContainerPoint(unit.at);
      const half = unit.name.length * 5.6;
      const room = [p.x - half, p.y + 6, p.x + half, p.y + 34];
      const inside = room[0] > 0 && room[2] < box.x && room[1] > 0 && room[3] < box.y;
      if (!inside || taken.some((t) => room[0] < t[2] && t[0] < room[2] && room[1] < t[3] && t[1] < room[3])) continue;
      taken.push(room);
      const label = document.createElement('span');
      label.textContent = unit.name;
      put(group, unit.at, L.divIcon({ html: label, className: 'name', iconSize: [2 * half, 28], iconAnchor: [half, -6] }));
    }
  }

  diaban.drawPage = function (map, group, data, page) {
    group.clearLayers();
    const [west, south, east, north] = page.bounds;
    map.invalidateSize({ animate: false });
    map.fitBounds([[south, west], [north, east]], { animate: false, padding: [12, 12] });
    drawUnits(group, data, page);
    const size = Math.min(1, Math.max(0.5, map.getSize().x / 1000)); // smaller discs on a phone
    for (const layer of page.layers) drawLayer(group, data, layer, page.layers.length > 1, size);
    const reports = { color: '#2166ac', icon: 'bell' };
    for (const [lat, lon, n] of page.reports) {
      put(group, [lat, lon], icon(52, (ctx, m) => diaban.cluster(ctx, reports, n, m, m, 19, false)));
    }
    drawNames(group, map, page);
  };

  function item(list, draw, text, className) {
    const one = document.createElement('li');
    if (className) one.className = className;
    if (draw) {
      const canvas = document.createElement('canvas');
      const scale = window.devicePixelRatio || 1;
      canvas.width = canvas.height = 32 * scale;
      canvas.className = 'sign';
      canvas.setAttribute('aria-hidden', 'true');
      const ctx = canvas.getContext('2d');
      ctx.scale(scale, scale);
      draw(ctx);
      one.append(canvas);
    }
    one.append(text);
    list.append(one);
  }

  function swatch(ctx, fill, edge) {
    ctx.beginPath();
    ctx.rect(2, 6, 28, 20);
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.strokeStyle = edge || EDGE;
    ctx.stroke();
  }

  // The legend of what is on this page, and nothing else.
  diaban.pageLegend = function (list, page, words) {
    list.replaceChildren();
    page.classes.forEach((text, n) => item(list, (ctx) => swatch(ctx, diaban.classColor(n, page.classes.length)), text));
    for (const { mark, text } of page.marks) item(list, (ctx) => swatch(ctx, diaban.markFill(ctx, mark)), text);
    for (const layer of page.layers) {
      item(list, (ctx) => diaban.glyph(ctx, layer.icon, layer.color, 16, 16, 12), layer.title, 'heading');
      for (const one of layer.classes) {
        if (one.symbol.startsWith('hatch')) item(list, (ctx) => swatch(ctx, diaban.hatching(ctx, one.symbol, one.color), layer.color), one.label);
        else item(list, (ctx) => diaban.symbol(ctx, one.symbol, one.color, 16, 16, 9), one.label);
      }
    }
    if (page.reports.length) item(list, (ctx) => diaban.glyph(ctx, 'bell', '#2166ac', 16, 16, 12), words.counts);
    if (page.units.some((unit) => unit.approximate)) {
      const dashes = (ctx) => {
        ctx.setLineDash([6, 4]);
        ctx.lineWidth = 2;
        ctx.strokeStyle = EDGE;
        ctx.strokeRect(3, 7, 26, 18);
      };
      item(list, dashes, words.approximate);
    }
  };
})();
