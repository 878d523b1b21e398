// The place beside the map: province → commune → hamlet, by a click on the map, by the list, or by keyboard.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});

  // Without marks: "da lat" finds "Đà Lạt".
  const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd');

  diaban.places = function (map, tiles, root) {
    const panel = root.querySelector('[data-place-panel]');

    function current() {
      return panel.querySelector('[data-place]');
    }

    function adopt(move) {
      const place = current();
      tiles.select(Number(place.dataset.commune || 0));
      document.title = place.dataset.title;
      if (!move || !place.dataset.west) return;
      const { west, south, east, north } = place.dataset;
      if (west === east && south === north) map.setView([Number(south), Number(west)], 15);
      else map.fitBounds([[Number(south), Number(west)], [Number(north), Number(east)]], { padding: [12, 12] });
    }

    async function load(id, move) {
      const query = new URLSearchParams({ part: '1', layers: diaban.shown().join(',') });
      panel.setAttribute('aria-busy', 'true');
      const answer = await fetch(`/map/place/${id}?${query}`, { headers: { Accept: 'text/html' } });
      panel.removeAttribute('aria-busy');
      if (answer.status === 401) window.location.reload();
      if (!answer.ok) return false;
      panel.innerHTML = await answer.text();
      adopt(move);
      return true;
    }

    diaban.place = {
      async open(id, keep) {
        map.closePopup();
        if (!(await load(id, true)) || keep) return;
        const at = new URL(window.location.href);
        at.pathname = `/map/place/${id}`;
        history.pushState({ place: id }, '', at);
        panel.querySelector('h2').focus();
        diaban.figure.refresh();
      },
      current: () => Number(current().dataset.place),
      refresh() {
        return load(Number(current().dataset.place), false);
      },
    };

    root.addEventListener('click', (event) => {
      const link = event.target.closest('a[data-unit]');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      diaban.place.open(Number(link.dataset.unit));
    });
    root.addEventListener('input', (event) => {
      if (!event.target.matches('[data-find]')) return;
      const wanted = plain(event.target.value.trim());
      let n = 0;
      for (const item of panel.querySelectorAll('[data-name]')) {
        item.hidden = !plain(item.dataset.name).includes(wanted);
        if (!item.hidden) n += 1;
      }
      panel.querySelector('[data-none]').hidden = n > 0;
    });
    window.addEventListener('popstate', () => {
      const id = /\/map\/place\/(\d+)/.exec(window.location.pathname);
      diaban.place.open(id ? Number(id[1]) : tiles.settings.home, true);
    });
    adopt(false);
  };
})();
