// Pages full screen, by clicker and keys; everything is in memory before the first one shows, so nothing is asked later.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const WORDS = {
    vi: { next: 'Trang sau', back: 'Trang trước', leave: 'Kết thúc', whole: 'Toàn màn hình', page: 'Trang', decisions: 'Kết luận', due: 'hạn', counts: 'Số phản ánh từng xã', approximate: 'ranh giới gần đúng', legend: 'Chú giải', map: 'Bản đồ', none: 'Chưa có trang nào.', made: 'Số liệu lấy ngày' },
    en: { next: 'Next page', back: 'Page before', leave: 'End', whole: 'Full screen', page: 'Page', decisions: 'Decisions', due: 'due', counts: 'Reports by commune', approximate: 'approximate boundary', legend: 'Legend', map: 'Map', none: 'There are no pages yet.', made: 'Figures taken on' },
  };
  const TYPING_MS = 700; // between the two figures of a page's number

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function button(text, label, act) {
    const made = element('button', '', text);
    made.type = 'button';
    made.setAttribute('aria-label', label);
    made.title = label;
    made.addEventListener('click', act);
    return made;
  }

  function tableOf(told) {
    const table = element('table');
    table.append(element('caption', 'unseen', told.caption));
    const head = element('tr');
    for (const said of told.header) {
      const cell = element('th', '', said);
      cell.scope = 'col';
      head.append(cell);
    }
    table.createTHead().append(head);
    const body = table.createTBody();
    for (const row of told.rows) {
      const line = body.insertRow();
      row.forEach((said, n) => {
        const cell = element(n ? 'td' : 'th', '', said);
        if (!n) cell.scope = 'row';
        line.append(cell);
      });
    }
    return table;
  }

  function decisionsOf(list, words) {
    const made = element('ul', 'decided');
    for (const one of list) {
      const item = element('li', one.late ? 'late' : '');
      item.append(element('strong', '', one.said));
      const rest = [one.office, `${words.due} ${one.due}`, one.programme, one.state].filter(Boolean).join(' · ');
      item.append(element('span', '', rest));
      made.append(item);
    }
    return made;
  }

  const day = (iso) => iso.split('-').reverse().join('/');

  // `leave` is called at the end; without it there is nothing to go back to.
  diaban.viewer = function (root, data, { leave } = {}) {
    const words = WORDS[data.language] || WORDS.vi;
    root.replaceChildren();
    root.className = 'viewer';
    const head = element('header');
    const title = element('h1');
    title.tabIndex = -1;
    const subtitle = element('p', 'subtitle');
    head.append(title, subtitle);
    const frame = element('div', 'frame');
    frame.setAttribute('role', 'img');
    const holder = element('div', 'map');
    frame.append(holder);
    const beside = element('section', 'beside');
    const foot = element('footer');
    const counter = element('p', 'counter');
    counter.setAttribute('aria-live', 'polite');
    const before = button('←', words.back, () => go(at - 1));
    const after = button('→', words.next, () => go(at + 1));
    foot.append(counter, element('p', 'made', `${data.name} · ${words.made} ${day(data.made)}`), before, after);
    foot.append(button(words.whole, words.whole, whole));
    if (leave) foot.append(button('✕', words.leave, end));
    root.append(head, frame, beside, foot);
    if (!data.pages.length) {
      title.textContent = words.none;
      return;
    }

    const map = L.map(holder, {
      attributionControl: false, zoomControl: false, keyboard: false, zoomSnap: 0, preferCanvas: true, fadeAnimation: false,
      zoomAnimation: false, inertia: false,
    });
    L.control.scale({ imperial: false, maxWidth: 240 }).addTo(map);
    const group = L.layerGroup().addTo(map);
    let at = 0;

    function show() {
      const page = data.pages[at];
      title.textContent = page.title;
      subtitle.textContent = page.subtitle;
      counter.textContent = `${words.page} ${at + 1}/${data.pages.length}`;
      before.disabled = at === 0;
      after.disabled = at === data.pages.length - 1;
      root.classList.toggle('no-map', !page.bounds);
      beside.replaceChildren();
      if (page.note) beside.append(element('p', 'note', page.note));
      if (page.decisions && page.decisions.length) {
        beside.append(element('h2', '', words.decisions), decisionsOf(page.decisions, words));
      }
      if (page.bounds) {
        const legend = element('ul', 'legend');
        legend.setAttribute('aria-label', words.legend);
        diaban.drawPage(map, group, data, page);
        diaban.pageLegend(legend, page, words);
        frame.setAttribute('aria-label', `${words.map}: ${page.title}, ${page.subtitle}`);
        const told = element('div', 'told');
        told.tabIndex = 0;
        told.setAttribute('role', 'region');
        told.setAttribute('aria-label', page.table.caption);
        told.append(tableOf(page.table));
        beside.append(legend, told);
      } else {
        group.clearLayers();
      }
      for (const note of page.notes) beside.append(element('p', 'small', note));
      root.dataset.page = String(at + 1);
    }

    function go(to) {
      const next = Math.min(Math.max(to, 0), data.pages.length - 1);
      if (next === at) return;
      at = next;
      show();
    }

    function whole() {
      if (document.fullscreenElement) document.exitFullscreen();
      else if (root.requestFullscreen) root.requestFullscreen();
    }

    function end() {
      if (document.fullscreenElement) document.exitFullscreen();
      if (leave) leave();
    }

    let typed = '';
    let typing = 0;
    function digit(key) {
      typed += key;
      clearTimeout(typing);
      typing = setTimeout(() => {
        typed = '';
      }, TYPING_MS);
      if (Number(typed) > 0) go(Number(typed) - 1);
    }

    const KEYS = {
      ArrowRight: 1, ArrowDown: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Backspace: -1,
      Home: -Infinity, End: Infinity,
    };
    document.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const inTable = event.target.closest && event.target.closest('.told');
      if (event.key === ' ' && event.target.closest && event.target.closest('button')) return;
      if (inTable && ['ArrowUp', 'ArrowDown'].includes(event.key)) return; // scrolls the table
      if (event.key in KEYS) {
        event.preventDefault();
        go(at + KEYS[event.key]);
      } else if (/^[0-9]$/.test(event.key)) {
        digit(event.key);
      } else if (event.key === 'f') {
        whole();
      } else if (event.key === 'Escape' && !document.fullscreenElement) {
        end();
      }
    });
    window.addEventListener('resize', show);
    show();
    document.fonts.ready.then(show);
    root.dataset.ready = '';
  };
})();
