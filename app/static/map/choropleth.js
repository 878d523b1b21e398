// Units in classes of a figure: a ramp from light to dark, and a hatching of its own for each reason there is no value.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});

  const LIGHT = { ground: '#fdfdfb', line: '#7c8784', edge: '#3d4a47', chosen: '#0a5a57', halo: 'rgba(255,255,255,0.92)', ink: '#17211f', soft: '#4a5754' };
  const DARK = { ground: '#1d2523', line: '#7f8d89', edge: '#c3ccc9', chosen: '#7fd6cf', halo: 'rgba(12,18,17,0.92)', ink: '#f2f6f5', soft: '#c3ccc9' };
  diaban.look = () => (document.documentElement.dataset.theme === 'dark' ? DARK : LIGHT);

  // One hue family, evenly darker: no class looks like a warning, since a commune is never at fault; an office is.
  const RAMP = ['#eef3c9', '#b5dbb3', '#6dbcb4', '#3487a8', '#213f77'];
  diaban.classColor = (number, count) => RAMP[count < 2 ? 2 : Math.round((number * (RAMP.length - 1)) / (count - 1))];

  function hatch(mark) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 16;
    const ctx = canvas.getContext('2d');
    const line = (x1, y1, x2, y2) => {
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
    };
    ctx.beginPath();
    ctx.lineWidth = 1.5;
    if (mark === 'waiting') {
      ctx.fillStyle = '#fdf1d8';
      ctx.fillRect(0, 0, 16, 16);
      ctx.fillStyle = '#7a4b00';
      for (const [x, y] of [[4, 4], [12, 12]]) {
        ctx.beginPath();
        ctx.arc(x, y, 2, 0, 2 * Math.PI);
        ctx.fill();
      }
      return canvas;
    }
    ctx.fillStyle = mark === 'hidden' ? '#dfe3e2' : '#f4f5f4';
    ctx.fillRect(0, 0, 16, 16);
    ctx.strokeStyle = mark === 'hidden' ? '#404c49' : mark === 'mixed' ? '#5e3c99' : '#8a9693';
    if (mark === 'mixed') {
      line(4, 0, 4, 16);
      line(12, 0, 12, 16);
    } else {
      for (const start of [-16, -8, 0, 8]) line(start, 16, start + 16, 0);
      if (mark === 'hidden') for (const start of [-16, -8, 0, 8]) line(start, 0, start + 16, 16);
    }
    ctx.stroke();
    return canvas;
  }

  const hatchings = new Map();
  diaban.markFill = function (ctx, mark) {
    if (!hatchings.has(mark)) hatchings.set(mark, hatch(mark));
    return ctx.createPattern(hatchings.get(mark), 'repeat');
  };

  const fill = (ctx, told) => (told.m ? diaban.markFill(ctx, told.m) : diaban.classColor(told.c, told.k));

  diaban.unitFill = (told) => ({
    draw(ctx, geom, _z, feature) {
      ctx.beginPath();
      for (const ring of geom) ring.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
      ctx.globalAlpha = 1;
      ctx.fillStyle = fill(ctx, told(feature));
      ctx.fill('evenodd');
    },
  });

  // Hamlets are points: the class is the size of the disc as well as its colour.
  diaban.unitDot = (told) => ({
    draw(ctx, geom, _z, feature) {
      const one = told(feature);
      const { x, y } = geom[0][0];
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.arc(x, y + 10, one.m ? 9 : 8 + 2 * one.c, 0, 2 * Math.PI);
      ctx.fillStyle = fill(ctx, one);
      ctx.fill();
      ctx.lineWidth = 2;
      ctx.strokeStyle = diaban.look().edge;
      ctx.stroke();
    },
  });

  // The answer of /map/figure as the tiles read it: each unit knows how many classes there are.
  diaban.toPaint = function (answer) {
    for (const told of Object.values(answer.units)) told.k = answer.classes.length;
    return answer;
  };

  function sign(draw) {
    const canvas = document.createElement('canvas');
    canvas.className = 'sign';
    canvas.setAttribute('aria-hidden', 'true');
    const scale = window.devicePixelRatio || 1;
    canvas.width = canvas.height = 28 * scale;
    const ctx = canvas.getContext('2d');
    ctx.scale(scale, scale);
    ctx.beginPath();
    ctx.rect(2, 5, 24, 18);
    ctx.fillStyle = draw(ctx);
    ctx.fill();
    ctx.strokeStyle = '#3d4a47';
    ctx.stroke();
    return canvas;
  }

  // The legend as a list: each class, then each hatching that is on the map.
  diaban.figureLegend = function (list, answer) {
    list.replaceChildren();
    const add = (draw, text) => {
      const item = document.createElement('li');
      item.append(sign(draw), ` ${text}`);
      list.append(item);
    };
    answer.classes.forEach((text, number) => add(() => diaban.classColor(number, answer.classes.length), text));
    answer.marks.forEach(({ mark, text }) => add((ctx) => diaban.markFill(ctx, mark), text));
  };
})();
