// The figure on the map: chosen in menus, moved through time, painted by unit, told in the table beside it.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const STEP_MS = 1600;

  diaban.figures = function (map, tiles, root) {
    const { settings } = tiles;
    const form = root.querySelector('[data-figure-form]');
    const legend = root.querySelector('[data-figure-legend]');
    const about = root.querySelector('[data-figure-about]');
    const table = root.querySelector('[data-figure-table]');
    const slider = form.querySelector('[data-slider]');
    const play = form.querySelector('[data-play]');
    const period = form.elements.period;
    const figure = form.elements.figure;

    const chosen = () => figure.value;
    const layerOf = () => (figure.selectedOptions[0] || {}).dataset?.layer || '';

    // Everything the address says besides the place.
    function query() {
      const told = new URLSearchParams({ layers: diaban.checked().join(',') });
      const faded = diaban.fadedLayers();
      if (faded) told.set('faded', faded);
      if (chosen()) {
        for (const name of ['figure', 'period', 'method', 'old', 'area']) {
          const { value } = form.elements[name];
          if (value && !(name === 'method' && value === 'quantiles')) told.set(name, value);
        }
      }
      return told;
    }
    diaban.query = query;

    function clashes() {
      const { apart } = settings;
      const seen = diaban.checked().filter((key) => apart.others.includes(key));
      if (form.elements.area.value) seen.push('area');
      if (apart.others.includes(layerOf())) return diaban.checked().includes(apart.first);
      return apart.figures.includes(layerOf()) && seen.length > 0;
    }

    function clear() {
      tiles.paint(null);
      legend.replaceChildren();
      about.textContent = '';
      table.replaceChildren();
      root.querySelector('[data-figure-card]').classList.remove('on');
    }

    let asked = 0;
    async function show() {
      const mine = ++asked;
      if (chosen() && clashes()) {
        figure.value = '';
        diaban.say(settings.apart.whyFigure);
      }
      diaban.address();
      if (!chosen()) {
        clear();
        return;
      }
      const told = query();
      told.set('unit', String(diaban.place.current()));
      const painted = await fetch(`/map/figure?${told}&table=1`, { headers: { Accept: 'application/json' } });
      if (mine !== asked) return;
      if (painted.status === 401) window.location.reload();
      const answer = await painted.json();
      if (!painted.ok) {
        clear();
        diaban.say(answer.detail || answer.title || settings.words.failed);
        return;
      }
      root.querySelector('[data-figure-card]').classList.add('on');
      tiles.paint(diaban.toPaint(answer));
      diaban.figureLegend(legend, answer);
      about.textContent = `${answer.title} · ${answer.period}`;
      // Rendered and escaped by the server; nothing in it is put together here.
      table.innerHTML = answer.table;
      diaban.table(table);
      root.dispatchEvent(new CustomEvent('diaban:figure'));
    }
    diaban.figure = { refresh: show };

    function place() {
      slider.max = String(period.options.length - 1);
      slider.value = String(period.selectedIndex);
      slider.setAttribute('aria-valuetext', period.selectedOptions[0].textContent);
    }
    period.addEventListener('change', place);
    slider.addEventListener('input', () => {
      period.selectedIndex = Number(slider.value);
      place();
      show();
    });

    let running = 0;
    function stop() {
      clearInterval(running);
      running = 0;
      play.textContent = settings.words.play;
      play.setAttribute('aria-pressed', 'false');
    }
    play.addEventListener('click', () => {
      if (running) {
        stop();
        return;
      }
      play.textContent = settings.words.stop;
      play.setAttribute('aria-pressed', 'true');
      if (period.selectedIndex === period.options.length - 1) period.selectedIndex = 0;
      place();
      show();
      running = setInterval(() => {
        if (period.selectedIndex >= period.options.length - 1) {
          stop();
          return;
        }
        period.selectedIndex += 1;
        place();
        show();
      }, STEP_MS);
    });

    form.addEventListener('change', (event) => {
      if (event.target === slider) return;
      if (event.target.name === 'kind') {
        // Other periods to choose from: the page is made anew for them, at the same place.
        const at = new URL(window.location.href);
        at.searchParams.set('period', event.target.value);
        if (chosen()) at.searchParams.set('figure', chosen());
        window.location.assign(at);
        return;
      }
      show();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      show();
    });
    place();
    if (chosen()) show();
  };
})();
