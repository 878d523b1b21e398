// Layer switches and what they may not show together; the meeting mode; the answer to a click.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});

  diaban.panels = function (map, tiles) {
    const { settings } = tiles;
    const root = document.querySelector('[data-map-page]');
    const said = root.querySelector('[data-said]');
    // In the order they stand in now: the topmost is drawn last.
    const boxes = () => [...root.querySelectorAll('input[data-layer]')];
    const checked = () => boxes().filter((box) => box.checked).map((box) => box.dataset.layer);
    diaban.checked = checked;

    function say(text) {
      said.textContent = text;
      said.hidden = !text;
    }
    diaban.say = say;

    // The server refuses the same combinations; here they are turned into what may be shown, and the reason is given.
    function allowed(keys) {
      const { first, others, instead, why } = settings.apart;
      if (!keys.includes(first) || !others.some((key) => keys.includes(key))) return { keys, why: '' };
      return { keys: keys.map((key) => (key === first ? instead : key)), why };
    }

    function show() {
      const { keys, why } = allowed(checked());
      say(why || (keys.length ? '' : settings.words.none));
      tiles.show(keys);
      root.querySelectorAll('[data-layer-row]').forEach((row) => row.classList.toggle('on', checked().includes(row.dataset.layerRow)));
      map.closePopup();
      diaban.place.refresh();
      diaban.figure.refresh();
    }

    diaban.shown = () => tiles.shown();
    diaban.address = function () {
      const at = new URL(window.location.href);
      at.search = diaban.query();
      history.replaceState(history.state, '', at);
      for (const link of root.querySelectorAll('a[data-with-state]')) {
        const to = new URL(link.href);
        to.search = diaban.query();
        to.searchParams.set('unit', String(diaban.place.current()));
        if ('needsFigure' in link.dataset && !to.searchParams.get('figure')) to.searchParams.set('figure', 'reports');
        link.href = to;
      }
    };

    // On a phone the switches wait folded below the map; on a wide screen they always stand beside it.
    if (window.matchMedia('(max-width: 63.99rem)').matches) root.querySelector('[data-layer-list]').open = false;
    root.querySelector('.layers').addEventListener('change', (event) => {
      if (event.target.matches('input[data-layer]')) show();
    });
    diaban.layerList(root, tiles, show);
    diaban.drawLegend(root, settings.layers);

    const meeting = root.querySelector('[data-meeting]');
    function setMeeting(on) {
      document.documentElement.classList.toggle('meeting', on);
      meeting.setAttribute('aria-pressed', String(on));
      map.invalidateSize();
      tiles.clearLayout();
      tiles.rerenderTiles();
    }
    meeting.addEventListener('click', () => {
      const on = !document.documentElement.classList.contains('meeting');
      localStorage.setItem('diaban.meeting', on ? '1' : '');
      setMeeting(on);
    });

    let missing = 0;
    tiles.on('diaban:missing', () => {
      missing += 1;
      if (missing === 1) say(settings.words.missing);
    });
    tiles.on('diaban:tile', () => {
      if (missing) {
        missing = 0;
        say(allowed(checked()).why);
      }
    });
    // Leaflet's own 'load' never comes when the last tile it waited for is taken away, as a first change of zoom does.
    tiles.on('tileload tileunload', () => {
      const held = Object.values(tiles._tiles);
      if (held.length && held.every((tile) => tile.loaded)) root.setAttribute('data-ready', '');
    });

    let asked = 0;
    map.on('click', async (event) => {
      const { lat, lng } = event.latlng.wrap();
      const mine = ++asked;
      const query = new URLSearchParams({
        layer: tiles.shown().join(','),
        lon: lng.toFixed(7),
        lat: lat.toFixed(7),
        z: map.getZoom(),
        cell: diaban.cellAt(map.getZoom(), tiles.slots()),
      });
      const answer = await fetch(`/map/at?${query}`, { headers: { Accept: 'text/html' } });
      if (mine !== asked) return;
      if (answer.status === 401) window.location.reload();
      const holder = document.createElement('div');
      holder.className = 'answer';
      // Rendered and escaped by the server; nothing in it is put together here.
      holder.innerHTML = await answer.text();
      if (!answer.ok) {
        say(settings.words.failed);
        return;
      }
      const empty = holder.querySelector('[data-nothing]');
      if (empty) {
        // Empty ground: the click means the commune.
        if (empty.dataset.commune) diaban.place.open(Number(empty.dataset.commune));
        return;
      }
      const room = Math.max(160, map.getSize().y - 120);
      L.popup({ maxWidth: Math.min(440, map.getSize().x - 60), maxHeight: Math.min(room, 480), autoPanPadding: [12, 12] })
        .setLatLng(event.latlng)
        .setContent(holder)
        .openOn(map);
    });
    root.addEventListener('click', (event) => {
      const nearer = event.target.closest('[data-nearer]');
      if (!nearer) return;
      map.closePopup();
      map.setView([Number(nearer.dataset.lat), Number(nearer.dataset.lon)], Math.min(map.getZoom() + 2, map.getMaxZoom()));
    });

    diaban.ground(map, settings.ground);
    diaban.themes(root, tiles);
    diaban.places(map, tiles, root);
    diaban.figures(map, tiles, root);
    if (settings.at) map.setView([settings.at[1], settings.at[2]], settings.at[0]);
    if (localStorage.getItem('diaban.meeting')) setMeeting(true);
    say(allowed(checked()).why);
    window.addEventListener('resize', () => map.invalidateSize());
  };
})();
