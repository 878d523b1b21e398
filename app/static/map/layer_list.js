// The list of layers: searched without marks, put in order, faded; and the page's light or dark theme.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd');

  diaban.layerList = function (root, tiles, changed) {
    const list = root.querySelector('.layers');
    const faders = () => [...list.querySelectorAll('input[data-fade]')];

    diaban.fadedLayers = () =>
      faders()
        .filter((one) => one.value !== '100')
        .map((one) => `${one.dataset.fade}:${one.value}`)
        .join(',');

    list.addEventListener('input', (event) => {
      const { target } = event;
      if (target.matches('input[data-fade]')) {
        tiles.fade(target.dataset.fade, Number(target.value));
        diaban.address();
      }
      if (!target.matches('[data-find-layer]')) return;
      const wanted = plain(target.value.trim());
      for (const row of list.querySelectorAll('[data-layer-row]')) row.hidden = !plain(row.dataset.title).includes(wanted);
      for (const group of list.querySelectorAll('fieldset[data-group]')) group.hidden = !group.querySelector('[data-layer-row]:not([hidden])');
    });

    // A layer moves within its group, a group among the groups; focus stays on the button.
    list.addEventListener('click', (event) => {
      const button = event.target.closest('button[data-move]');
      if (!button) return;
      const one = button.closest('[data-layer-row]') || button.closest('fieldset');
      const kin = one.matches('fieldset') ? 'fieldset[data-group]' : '[data-layer-row]';
      const up = button.dataset.move === 'up';
      let other = up ? one.previousElementSibling : one.nextElementSibling;
      while (other && !other.matches(kin)) other = up ? other.previousElementSibling : other.nextElementSibling;
      if (!other) return;
      if (up) other.before(one);
      else other.after(one);
      button.focus();
      changed();
    });
  };

  diaban.themes = function (root, tiles) {
    const button = root.querySelector('[data-dark]');
    function set(dark) {
      document.documentElement.dataset.theme = dark ? 'dark' : 'light';
      button.setAttribute('aria-pressed', String(dark));
      tiles.repaint();
    }
    button.addEventListener('click', () => {
      const dark = document.documentElement.dataset.theme !== 'dark';
      localStorage.setItem('diaban.dark', dark ? '1' : '');
      set(dark);
    });
    if (localStorage.getItem('diaban.dark')) set(true);
  };
})();
