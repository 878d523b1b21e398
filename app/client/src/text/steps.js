// The numbers of a range question, counted in whole steps: adding 0.1 ten times must give 1.

const decimals = (value) => String(value).split('.')[1]?.length ?? 0;

/** {count, at(index), indexOf(value)} of the range from `start` to `end` by `step` (numbers, step > 0, start ≤ end). */
export function stepsOf(start, end, step) {
  const places = Math.max(decimals(start), decimals(step));
  const round = (value) => Number(value.toFixed(places));
  const count = Math.floor((end - start) / step + 1e-9) + 1;
  return {
    count,
    at: (index) => round(start + Math.min(Math.max(index, 0), count - 1) * step),
    indexOf: (value) => Math.round((value - start) / step),
  };
}
