// A doubt about a place, in words.

import { words } from './map_words.js';

const kilometres = (metres) => (metres / 1000).toLocaleString('vi-VN', { maximumFractionDigits: 1 });

/** The sentence for one of `doubtsOf`. */
export function doubtSaid({ kind, name, other, soft, metres }) {
  if (kind === 'hamlet') return words.farFromHamlet(name, kilometres(metres));
  if (kind === 'commune') return words.outsideCommune(name, other, soft);
  return words.oddPlace[kind];
}
