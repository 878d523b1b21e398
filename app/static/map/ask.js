// What may not be asked together can't be chosen together; the sentence says why.
(function () {
  'use strict';
  const form = document.querySelector('[data-ask]');
  const kept = form.dataset.apart.split(',');
  const { figure, area } = form.elements;
  function fit() {
    const apart = kept.includes(figure.selectedOptions[0].dataset.layer);
    if (apart) area.value = '';
    for (const option of area.options) option.disabled = apart && option.value !== '';
    form.querySelector('[data-why-not]').hidden = !apart;
  }
  figure.addEventListener('change', fit);
  fit();
})();
