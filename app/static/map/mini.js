// Small maps drawn from outlines: up to twelve periods, or the answer to a question.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});

  function frame(outlines) {
    const box = { west: 180, south: 90, east: -180, north: -90 };
    for (const { rings } of outlines) {
      for (const polygon of rings) {
        for (const [lon, lat] of polygon[0]) {
          box.west = Math.min(box.west, lon);
          box.east = Math.max(box.east, lon);
          box.south = Math.min(box.south, lat);
          box.north = Math.max(box.north, lat);
        }
      }
    }
    return box;
  }

  // Degrees to pixels, a degree of longitude as much shorter as it is here.
  function fit(box, width, height) {
    const shrink = Math.cos((((box.south + box.north) / 2) * Math.PI) / 180);
    const scale = Math.min((width - 8) / ((box.east - box.west) * shrink), (height - 8) / (box.north - box.south));
    const left = (width - (box.east - box.west) * shrink * scale) / 2;
    const top = (height - (box.north - box.south) * scale) / 2;
    return ([lon, lat]) => [left + (lon - box.west) * shrink * scale, top + (box.north - lat) * scale];
  }

  function draw(canvas, outlines, answer) {
    const scale = window.devicePixelRatio || 1;
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = width * scale;
    canvas.height = height * scale;
    const ctx = canvas.getContext('2d');
    ctx.scale(scale, scale);
    const at = fit(frame(outlines), width, height);
    for (const { id, rings } of outlines) {
      const told = answer.units[id];
      ctx.beginPath();
      for (const polygon of rings) for (const ring of polygon) ring.forEach((p, i) => (i ? ctx.lineTo(...at(p)) : ctx.moveTo(...at(p))));
      ctx.fillStyle = !told ? diaban.look().ground : told.m ? diaban.markFill(ctx, told.m) : diaban.classColor(told.c, told.k);
      ctx.fill('evenodd');
      ctx.lineWidth = 0.5;
      ctx.strokeStyle = diaban.look().line;
      ctx.stroke();
    }
  }

  async function show() {
    const holder = document.querySelector('[data-minis]');
    if (!holder) return;
    const [outlines, answers] = await Promise.all(['/map/outlines', holder.dataset.minis].map(async (address) => (await fetch(address)).json()));
    const told = (Array.isArray(answers) ? answers : [answers]).map(diaban.toPaint);
    const canvases = [...holder.querySelectorAll('canvas[data-mini]')];
    const all = () => canvases.forEach((canvas, number) => draw(canvas, outlines, told[number]));
    all();
    window.addEventListener('resize', all);
    const marks = new Map(told.flatMap((one) => one.marks.map((mark) => [mark.mark, mark])));
    diaban.figureLegend(document.querySelector('[data-mini-legend]'), { classes: told[0].classes, marks: [...marks.values()] });
    holder.setAttribute('data-ready', '');
  }
  document.addEventListener('DOMContentLoaded', show);
})();
