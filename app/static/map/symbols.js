// Drawing of symbols on a canvas: the same functions draw the map and its legend, so the two can't differ.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  diaban.alpha = 1; // how fully the layer being drawn is drawn
  const INK = '#17211f';

  function shape(ctx, symbol, x, y, r) {
    ctx.beginPath();
    if (symbol === 'triangle') {
      ctx.moveTo(x, y - r * 1.1);
      ctx.lineTo(x + r, y + r * 0.8);
      ctx.lineTo(x - r, y + r * 0.8);
      ctx.closePath();
    } else if (symbol === 'square' || symbol === 'plots') {
      ctx.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
    } else if (symbol === 'diamond') {
      ctx.moveTo(x, y - r * 1.15);
      ctx.lineTo(x + r * 1.15, y);
      ctx.lineTo(x, y + r * 1.15);
      ctx.lineTo(x - r * 1.15, y);
      ctx.closePath();
    } else if (symbol === 'cross') {
      const a = r * 0.4;
      const corners = [[-a, -r], [a, -r], [a, -a], [r, -a], [r, a], [a, a], [a, r], [-a, r], [-a, a], [-r, a], [-r, -a], [-a, -a]];
      corners.forEach(([dx, dy], i) => (i ? ctx.lineTo(x + dx, y + dy) : ctx.moveTo(x + dx, y + dy)));
      ctx.closePath();
    } else {
      ctx.arc(x, y, r, 0, 2 * Math.PI);
    }
  }

  // One feature: its class's colour and shape, with a white rim so that it stands out from any ground.
  diaban.symbol = function (ctx, symbol, color, x, y, r) {
    ctx.save();
    ctx.globalAlpha = diaban.alpha;
    ctx.lineJoin = 'round';
    shape(ctx, symbol, x, y, r);
    ctx.lineWidth = 4;
    ctx.strokeStyle = '#ffffff';
    ctx.stroke();
    ctx.fillStyle = color;
    ctx.fill();
    ctx.lineWidth = 1;
    ctx.strokeStyle = INK;
    ctx.stroke();
    ctx.restore();
  };

  const GLYPHS = {
    bell: [['M', -5, 3], ['L', -3, 1], ['L', -3, -2], ['Q', -3, -6, 0, -6], ['Q', 3, -6, 3, -2], ['L', 3, 1], ['L', 5, 3], ['Z'], ['M', -1.5, 5], ['L', 1.5, 5]],
    temple: [['M', -7, -1], ['Q', -3, -2, 0, -6], ['Q', 3, -2, 7, -1], ['Z'], ['M', -4, 0], ['L', -4, 5], ['M', 0, 0], ['L', 0, 5], ['M', 4, 0], ['L', 4, 5], ['M', -6, 5.5], ['L', 6, 5.5]],
    area: [['M', -6, -3], ['L', 0, -6], ['L', 6, -2], ['L', 4, 5], ['L', -4, 4], ['Z']],
    house: [['M', -6, 0], ['L', 0, -6], ['L', 6, 0], ['Z'], ['M', -4, 0], ['L', -4, 5], ['L', 4, 5], ['L', 4, 0]],
    plots: [['M', -5, -5], ['L', 5, -5], ['L', 5, 5], ['L', -5, 5], ['Z'], ['M', 0, -5], ['L', 0, 5], ['M', -5, 0], ['L', 5, 0]],
    star: [['M', 0, -6], ['L', 1.8, -2], ['L', 6, -1.8], ['L', 2.7, 1], ['L', 4, 5.4], ['L', 0, 2.9], ['L', -4, 5.4], ['L', -2.7, 1], ['L', -6, -1.8], ['L', -1.8, -2], ['Z']],
    check: [['M', -5, 0], ['L', -1.5, 4], ['L', 5.5, -4.5]],
    hands: [['M', -6, 2], ['L', -2, -3], ['L', 1, -1], ['L', 6, -4], ['M', -4, 5], ['L', 1, 1], ['L', 6, 1]],
  };

  // The sign of a layer, white on the layer's colour.
  diaban.glyph = function (ctx, icon, color, x, y, r) {
    ctx.save();
    ctx.globalAlpha = diaban.alpha;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.fillStyle = color;
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = '#ffffff';
    ctx.stroke();
    ctx.translate(x, y);
    ctx.scale(r / 10, r / 10);
    ctx.beginPath();
    for (const [step, ...at] of GLYPHS[icon] || []) {
      if (step === 'M') ctx.moveTo(...at);
      else if (step === 'L') ctx.lineTo(...at);
      else if (step === 'Q') ctx.quadraticCurveTo(...at);
      else ctx.closePath();
    }
    ctx.lineWidth = 1.8;
    ctx.lineJoin = ctx.lineCap = 'round';
    ctx.stroke();
    ctx.restore();
  };

  // Features that stand together: their number in a disc of the layer's colour, its sign at the rim.
  diaban.cluster = function (ctx, layer, n, x, y, r, withSign) {
    const said = diaban.number(n);
    ctx.save();
    ctx.globalAlpha = diaban.alpha;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.fillStyle = layer.color;
    ctx.fill();
    ctx.lineWidth = 2;
    ctx.strokeStyle = '#ffffff';
    ctx.stroke();
    ctx.fillStyle = '#ffffff';
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.font = `600 ${Math.min(18, (2 * r - 8) / (0.58 * said.length))}px ${diaban.FONT}`;
    ctx.fillText(said, x, y + 1);
    ctx.restore();
    if (withSign) diaban.glyph(ctx, layer.icon, layer.color, x - r * 0.75, y - r * 0.75, Math.min(9, r * 0.5));
  };

  const patterns = new Map();

  // Areas: hatching says the class as well as the colour does; dense to light, so that names stay readable on it.
  diaban.hatching = function (ctx, symbol, color) {
    const key = symbol + color;
    if (!patterns.has(key)) patterns.set(key, ctx.createPattern(hatched(symbol, color), 'repeat'));
    return patterns.get(key);
  };

  function hatched(symbol, color) {
    const step = { 'hatch-light': 14, 'hatch-medium': 9, 'hatch-dense': 5, 'hatch-cross': 9 }[symbol] || 10;
    const side = step * 4;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const ctx = canvas.getContext('2d');
    ctx.globalAlpha = 0.25;
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, side, side);
    ctx.globalAlpha = 0.9;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    for (let i = -side; i <= side * 2; i += step) {
      ctx.moveTo(i, 0);
      ctx.lineTo(i + side, side);
      if (symbol === 'hatch-cross') {
        ctx.moveTo(i, 0);
        ctx.lineTo(i - side, side);
      }
    }
    ctx.stroke();
    return canvas;
  }

  diaban.FONT = '"Be Vietnam Pro", "Noto Sans", sans-serif';
  diaban.number = (n) => n.toLocaleString(document.documentElement.lang === 'en' ? 'en-GB' : 'vi-VN');

  // The small pictures of the legend.
  diaban.drawLegend = function (root, layers) {
    for (const canvas of root.querySelectorAll('canvas[data-layer]')) {
      const layer = layers.find((one) => one.key === canvas.dataset.layer);
      const one = layer.classes.find((c) => c.code === canvas.dataset.code);
      const scale = window.devicePixelRatio || 1;
      canvas.width = canvas.height = 28 * scale;
      const ctx = canvas.getContext('2d');
      ctx.scale(scale, scale);
      if (!one) {
        diaban.glyph(ctx, layer.icon, layer.color, 14, 14, 12);
      } else if (one.symbol.startsWith('hatch')) {
        ctx.fillStyle = diaban.hatching(ctx, one.symbol, one.color);
        ctx.fillRect(2, 5, 24, 18);
        ctx.strokeStyle = layer.color;
        ctx.strokeRect(2, 5, 24, 18);
      } else {
        diaban.symbol(ctx, one.symbol, one.color, 14, 14, 8);
      }
    }
  };
})();
