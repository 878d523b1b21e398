// A briefing on the projector: all pages are fetched at once; from then on the network may be gone.
(async function () {
  'use strict';
  const root = document.querySelector('[data-viewer]');
  const { pages, back, stay } = root.dataset;
  const answer = await fetch(pages, { headers: { Accept: 'application/json' } });
  if (answer.status === 401) {
    window.location.reload();
    return;
  }
  const data = await answer.json();
  if (!answer.ok) {
    root.querySelector('.wait').textContent = data.detail || data.title;
    return;
  }
  // A letter of each part of the typeface, so that none is asked for later.
  await Promise.all(['400', '600'].map((weight) => document.fonts.load(`${weight} 24px "Be Vietnam Pro"`, 'aâăđếỹł')));
  // Without a network there is no page to go back to, and this one couldn't be opened again.
  async function leave() {
    try {
      await fetch('/healthz', { cache: 'no-store' });
      window.location.assign(back);
    } catch {
      root.querySelector('.counter').textContent = stay;
    }
  }
  window.diaban.viewer(root, data, { leave });
})();
