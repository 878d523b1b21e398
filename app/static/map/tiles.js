// One composite vector-tile layer, drawn by protomaps-leaflet: areas, boundaries, features, names.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const INK = '#17211f';
  const LABELED_TILES = 64; // protomaps keeps the names of 16 tiles, fewer than a large screen shows
  const MAX_DATA_ZOOM = 18;
  const COUNTS = 'situation_report_counts';

  diaban.tiles = function (settings) {
    const state = { on: settings.on.slice(), selected: settings.selected || 0, faded: { ...settings.faded }, figure: null };
    const layers = new Map(settings.layers.map((layer) => [layer.key, layer]));
    const wide = () => (window.innerWidth >= 1600 || document.documentElement.classList.contains('meeting') ? 18 : 15);

    const points = () => state.on.filter((key) => layers.has(key) && layers.get(key).shape === 'POINT');
    const url = () => `/tiles/${['units', ...state.on].join(',')}/{z}/{x}/{y}.mvt`;

    const layer = protomapsL.leafletLayer({
      url: url(),
      maxDataZoom: MAX_DATA_ZOOM,
      paintRules: paintRules(settings, layers, state), // made anew whenever what is on, its order or the theme changes
      labelRules: labelRules(wide),
      attribution: '',
      noWrap: true,
      minZoom: 0,
      tasks: [document.fonts.load(`600 16px ${diaban.FONT}`), document.fonts.load(`500 16px ${diaban.FONT}`)],
    });
    const rules = layer.labelRules;
    layer.clearLayout = function () {
      this.labelers = new protomapsL.Labelers(this.scratch, rules, LABELED_TILES, this.onTilesInvalidated);
    };

    function source() {
      layer.views = protomapsL.sourcesToViews({ url: url(), maxDataZoom: MAX_DATA_ZOOM });
      const cache = layer.views.get('').tileCache;
      const inner = cache.source;
      const slots = points();
      cache.source = {
        get: (at, size) =>
          inner.get(at, size).then(
            (tile) => {
              diaban.arrange(tile, at.z, slots, COUNTS, wide());
              layer.fire('diaban:tile');
              return tile;
            },
            (error) => {
              if (error.name !== 'AbortError') layer.fire('diaban:missing');
              throw error;
            },
          ),
      };
      layer.clearLayout();
    }

    layer.show = function (keys) {
      state.on = keys.slice();
      layer.paintRules = paintRules(settings, layers, state);
      source();
      if (layer._map) layer.rerenderTiles();
    };
    layer.fade = function (key, percent) {
      state.faded[key] = percent;
      if (layer._map) layer.rerenderTiles();
    };
    // Units in classes of a figure, or null for none.
    layer.paint = function (figure) {
      state.figure = figure;
      if (layer._map) layer.rerenderTiles();
    };
    layer.repaint = function () {
      layer.paintRules = paintRules(settings, layers, state);
      layer.clearLayout();
      if (layer._map) layer.rerenderTiles();
    };
    layer.select = function (unit) {
      state.selected = unit;
      if (layer._map) layer.rerenderTiles();
    };
    layer.slots = () => points().length;
    layer.shown = () => state.on.slice();
    layer.settings = settings;
    source();
    return layer;
  };

  function path(ctx, geom) {
    ctx.beginPath();
    for (const ring of geom) ring.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
  }

  const outline = (width, color, dash) => ({
    draw(ctx, geom, _z, feature) {
      path(ctx, geom);
      ctx.globalAlpha = 1;
      ctx.lineJoin = 'round';
      // Boundaries that were only drawn from the centres are dashed everywhere.
      ctx.setLineDash(dash || (feature.props.approximate ? [6, 4] : []));
      ctx.lineWidth = width;
      ctx.strokeStyle = color;
      ctx.stroke();
      ctx.setLineDash([]);
    },
  });

  // As fully as the layer is wanted.
  function faded(state, key, rule) {
    return {
      draw(...given) {
        diaban.alpha = (state.faded[key] || 100) / 100;
        rule.draw(...given);
        diaban.alpha = 1;
      },
    };
  }

  function area(layer) {
    return {
      draw(ctx, geom, _z, feature) {
        const one = layer.classes.find((c) => c.code === feature.props.class) || { color: layer.color, symbol: 'hatch-medium' };
        if (feature.geomType === 1) {
          diaban.symbol(ctx, 'diamond', one.color, geom[0][0].x, geom[0][0].y, 6);
          return;
        }
        path(ctx, geom);
        ctx.globalAlpha = diaban.alpha;
        ctx.fillStyle = diaban.hatching(ctx, one.symbol, one.color);
        ctx.fill('evenodd');
        ctx.lineWidth = 2;
        ctx.strokeStyle = layer.color;
        ctx.stroke();
      },
    };
  }

  function point(layer) {
    return {
      draw(ctx, geom, _z, feature) {
        const { x, y } = geom[0][0];
        if (feature.props.n > 1) {
          diaban.cluster(ctx, layer, feature.props.n, x, y, feature.r, true);
          return;
        }
        const one = layer.classes.find((c) => c.code === feature.props.class);
        if (one) diaban.symbol(ctx, one.symbol, one.color, x, y, 8);
        else diaban.glyph(ctx, layer.icon, layer.color, x, y, 10);
      },
    };
  }

  diaban.countWidth = (n) => diaban.number(n).length * 10 + 32;

  function count(layer) {
    return {
      draw(ctx, geom, _z, feature) {
        if (feature.props.hidden) return;
        const width = diaban.countWidth(feature.props.n);
        const x = geom[0][0].x - width / 2;
        const y = geom[0][0].y + 2;
        ctx.globalAlpha = 1;
        ctx.beginPath();
        ctx.rect(x, y, width, 24);
        ctx.fillStyle = '#ffffff';
        ctx.fill();
        ctx.lineWidth = 2;
        ctx.strokeStyle = layer.color;
        ctx.stroke();
        diaban.glyph(ctx, layer.icon, layer.color, x + 12, y + 12, 9);
        ctx.font = `600 16px ${diaban.FONT}`;
        ctx.fillStyle = INK;
        ctx.textAlign = 'left';
        ctx.textBaseline = 'middle';
        ctx.fillText(diaban.number(feature.props.n), x + 25, y + 13);
      },
    };
  }

  function paintRules(settings, layers, state) {
    const isLevel = (level) => (_z, f) => f.props.level === level;
    const told = (f) => state.figure && state.figure.units[f.props.id];
    // What is on, the topmost last; areas always lie under points.
    const ordered = state.on.map((key) => layers.get(key)).filter(Boolean).reverse();
    const rules = [
      {
        dataLayer: 'units',
        filter: isLevel(1),
        symbolizer: {
          draw(ctx, geom) {
            if (settings.ground) return; // it would cover the base map
            path(ctx, geom);
            ctx.globalAlpha = 1;
            ctx.fillStyle = diaban.look().ground;
            ctx.fill('evenodd');
          },
        },
      },
    ];
    rules.push({ dataLayer: 'units', filter: (_z, f) => f.props.level === 3 && Boolean(told(f)), symbolizer: diaban.unitFill(told) });
    for (const layer of ordered) {
      if (layer.shape !== 'POINT') rules.push({ dataLayer: layer.key, symbolizer: faded(state, layer.key, area(layer)) });
    }
    rules.push({ dataLayer: 'units', filter: isLevel(3), symbolizer: outline(1.2, diaban.look().line) });
    rules.push({ dataLayer: 'units', filter: isLevel(1), symbolizer: outline(3, diaban.look().edge) });
    rules.push({
      dataLayer: 'units',
      filter: (_z, f) => f.props.level === 3 && f.props.id === state.selected,
      symbolizer: outline(5, diaban.look().chosen, []),
    });
    rules.push({ dataLayer: 'unit_labels', filter: (_z, f) => f.props.level === 4 && Boolean(told(f)), symbolizer: diaban.unitDot(told) });
    for (const layer of ordered) {
      if (layer.shape === 'POINT') rules.push({ dataLayer: layer.key, symbolizer: faded(state, layer.key, point(layer)) });
    }
    if (layers.has('situation_reports')) rules.push({ dataLayer: COUNTS, symbolizer: count(layers.get('situation_reports')) });
    return rules;
  }

  // Names: of two that don't fit beside each other the first is written; zooming in shows the other.
  function name(size, weight, color) {
    return {
      place(layout, geom, feature) {
        if (feature.props.hidden) return undefined;
        const text = feature.props.kind === SPECIAL ? `Đặc khu ${feature.props.name}` : feature.props.name;
        const px = size();
        const font = `${weight} ${px}px ${diaban.FONT}`;
        layout.scratch.font = font;
        const width = layout.scratch.measureText(text).width;
        const anchor = geom[0][0];
        const box = { minX: anchor.x - width / 2 - 2, maxX: anchor.x + width / 2 + 2, minY: anchor.y - px * 1.2, maxY: anchor.y + px * 0.3 };
        return [
          {
            anchor,
            bboxes: [box],
            draw(ctx) {
              ctx.globalAlpha = 1;
              ctx.font = font;
              ctx.textAlign = 'center';
              ctx.textBaseline = 'alphabetic';
              ctx.lineJoin = 'round';
              ctx.lineWidth = 4;
              ctx.strokeStyle = diaban.look().halo;
              ctx.strokeText(text, 0, -2);
              ctx.fillStyle = diaban.look()[color];
              ctx.fillText(text, 0, -2);
            },
          },
        ];
      },
    };
  }

  // Which names a zoom of the map shows: provinces and special zones from afar, communes, hamlets where there is room.
  const NAMED = { 1: [0, 8], 3: [9, 99], 4: [13, 99] };
  const SPECIAL = 'đặc khu';
  diaban.isNamed = (zoom, { level, kind }) => (zoom >= NAMED[level][0] && zoom <= NAMED[level][1]) || kind === SPECIAL;

  function labelRules(size) {
    const named = (level) => (zoom, f) => f.props.level === level && diaban.isNamed(zoom, f.props);
    return [
      { dataLayer: 'unit_labels', filter: named(1), symbolizer: name(() => size() + 4, 700, 'ink') },
      { dataLayer: 'unit_labels', filter: named(3), symbolizer: name(size, 600, 'ink') },
      { dataLayer: 'unit_labels', filter: named(4), symbolizer: name(size, 500, 'soft') },
    ];
  }
})();
