// Rectangles on a photo: drawn with a pointer or moved by their numbers; the numbers are what is sent.
const canvas = document.querySelector('[data-canvas]');
const svg = canvas.querySelector('svg');
const list = document.querySelector('[data-boxes]');
const blank = list.lastElementChild.cloneNode(true);
const inputs = (row) => ['x', 'y', 'w', 'h'].map((key) => row.querySelector(`[name="${key}"]`));
const legendOf = (n) => blank.querySelector('legend').textContent.replace(/\d+/, n);
const half = (value) => Math.round(value * 2) / 2;

const isEmpty = (row) => inputs(row).every(({ value }) => value === '');

function redraw() {
  const rects = [...list.children].filter((row) => !isEmpty(row)).map((row) => {
    const [x, y, w, h] = inputs(row).map(({ value }) => 10 * Number(value || 0));
    const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    for (const [key, value] of Object.entries({ x, y, width: w, height: h })) rect.setAttribute(key, value);
    rect.setAttribute('vector-effect', 'non-scaling-stroke');
    return rect;
  });
  svg.replaceChildren(...rects);
  [...list.children].forEach((row, n) => { row.querySelector('legend').textContent = legendOf(n + 1); });
}

function add(box) {
  const row = blank.cloneNode(true);
  inputs(row).forEach((input, n) => { input.value = box[n]; });
  list.append(row);
  redraw();
  return row;
}

// With a script, rows are there when they are wanted.
[...list.children].filter(isEmpty).forEach((row) => row.remove());
const button = document.querySelector('[data-add]');
button.hidden = false;
button.addEventListener('click', () => inputs(add([40, 40, 20, 20]))[0].focus());
list.addEventListener('input', redraw);
list.addEventListener('click', (event) => {
  if (!event.target.matches('[data-remove]')) return;
  event.target.closest('li').remove();
  redraw();
  button.focus();
});

let from = null;
let drawn = null;
const at = (event) => {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const within = (value) => Math.min(Math.max(100 * value, 0), 100);
  return [within((event.clientX - left) / width), within((event.clientY - top) / height)];
};
canvas.addEventListener('pointerdown', (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  from = at(event);
  drawn = null;
});
canvas.addEventListener('pointermove', (event) => {
  if (!from) return;
  const to = at(event);
  const box = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])].map(half);
  if (!drawn && box[2] < 1 && box[3] < 1) return; // a tap draws nothing
  drawn ??= add(box);
  inputs(drawn).forEach((input, n) => { input.value = box[n]; });
  redraw();
});
for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { from = null; });
redraw();
