// The office's base map under everything else: pictures or vector tiles, asked of our own server alone.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});

  diaban.ground = function (map, ground) {
    if (!ground) return;
    map.createPane('ground').style.zIndex = 100;
    const common = { pane: 'ground', noWrap: true, attribution: '', maxZoom: map.getMaxZoom() };
    const layer =
      ground.kind === 'vector'
        ? protomapsL.leafletLayer({ ...common, url: ground.url, maxDataZoom: ground.maxzoom, flavor: 'light', lang: 'vi' })
        : L.tileLayer(ground.url, { ...common, minNativeZoom: ground.minzoom, maxNativeZoom: ground.maxzoom });
    layer.addTo(map);
    if (!ground.attribution) return;
    const source = document.createElement('p');
    source.className = 'ground-source';
    source.textContent = ground.attribution;
    map.getContainer().append(source);
  };
})();
