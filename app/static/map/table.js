// A table that is sorted by its headings and searched without marks; it works for every table marked data-sortable.
(function () {
  'use strict';
  const diaban = (window.diaban = window.diaban || {});
  const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd');
  const words = new Intl.Collator('vi', { numeric: true });

  function sort(table, column, down) {
    const body = table.tBodies[0];
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const rows = [...body.rows];
    const numbers = rows.some((row) => 'value' in row.cells[column].dataset);
    rows.sort((one, other) => {
      const [a, b] = [key(one), key(other)];
      // Units without a value stand last, whichever way.
      if (numbers && (a === '' || b === '')) return (a === '') - (b === '');
      const found = numbers ? Number(a) - Number(b) : words.compare(a, b);
      return down ? -found : found;
    });
    body.append(...rows);
  }

  diaban.table = function (root) {
    for (const table of root.querySelectorAll('table[data-sortable]')) {
      const headings = [...table.tHead.rows[0].cells];
      headings.forEach((heading, column) => {
        const button = heading.querySelector('button');
        if (!button) return;
        button.addEventListener('click', () => {
          const down = heading.getAttribute('aria-sort') !== 'descending';
          headings.forEach((one) => one.removeAttribute('aria-sort'));
          heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
          sort(table, column, down);
        });
      });
    }
    for (const field of root.querySelectorAll('input[data-search-table]')) {
      field.addEventListener('input', () => {
        const wanted = plain(field.value.trim());
        const table = document.getElementById(field.dataset.searchTable);
        let n = 0;
        for (const row of table.tBodies[0].rows) {
          row.hidden = !plain(row.cells[0].textContent).includes(wanted);
          if (!row.hidden) n += 1;
        }
        const none = root.querySelector('[data-none-found]');
        if (none) none.hidden = n > 0;
      });
    }
  };
  if (!document.querySelector('[data-map-page]')) document.addEventListener('DOMContentLoaded', () => diaban.table(document));
})();
