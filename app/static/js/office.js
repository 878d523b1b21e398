// What every office page needs: htmx sends the page's CSRF token, and the menu closes where it should.
document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf-token"]').content;
});

const menu = document.querySelector('details.menu');
if (menu) {
  const wide = matchMedia('(min-width: 62rem)');
  const groups = [...menu.querySelectorAll('details.group')];
  // Side by side they drop down one at a time; one below the other nothing is hidden twice.
  const fit = () => {
    menu.open = wide.matches;
    for (const group of groups) group.open = !wide.matches;
  };
  fit();
  wide.addEventListener('change', fit);
  const close = (details) => {
    details.open = false;
    details.querySelector('summary').focus();
  };
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const dropped = wide.matches && groups.find((group) => group.open);
    if (dropped) close(dropped);
    else if (menu.open && !wide.matches) close(menu);
  });
  const leave = (event) => {
    if (!wide.matches) return;
    for (const group of groups) if (group.open && !group.contains(event.target)) group.open = false;
  };
  document.addEventListener('pointerdown', leave);
  document.addEventListener('focusin', leave);
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
