// What every office page needs: htmx sends the page's CSRF token, and the menu closes where it should.
document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf-token"]').content;
});

const menu = document.querySelector('details.menu');
if (menu) {
  const wide = matchMedia('(min-width: 62rem)');
  const fit = () => { menu.open = wide.matches; };
  fit();
  wide.addEventListener('change', fit);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open && !wide.matches) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
}

// A ready text is put behind what was written already; it is edited by hand before it is sent.
document.addEventListener('change', (event) => {
  const choice = event.target.closest('select[data-into]');
  const words = choice?.selectedOptions[0]?.dataset.words;
  if (!words) return;
  const box = document.getElementById(choice.dataset.into);
  box.value = [box.value.trimEnd(), words].filter(Boolean).join('\n');
  choice.value = '';
  box.focus();
});
