// Searching Vietnamese names: what is typed without marks finds what is written with them, đ too.

/** Lower case, without marks, đ → d, curly apostrophes straight, single spaces. */
export function unmarked(text) {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/đ/g, 'd')
    .replace(/[’‘ʼ`]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
}

/** An index to search in: `items` with the folded `label` kept beside each. */
export function indexed(items) {
  return items.map((item) => ({ item, folded: unmarked(item.label) }));
}

/**
 * The items whose label holds every word of `query`; first those that begin with it, then those in which each
 * word begins a word ("thon 3" before "Thôn 13"), then the rest. Order within each stays.
 */
export function search(index, query) {
  const words = unmarked(query).split(' ').filter(Boolean);
  if (!words.length) return index.map((entry) => entry.item);
  const whole = words.join(' ');
  const ranks = [[], [], [], []];
  for (const { item, folded } of index) {
    if (!words.every((word) => folded.includes(word))) continue;
    if (folded === whole) ranks[0].push(item);
    else if (folded.startsWith(whole)) ranks[1].push(item);
    else if (words.every((word) => ` ${folded}`.includes(` ${word}`))) ranks[2].push(item);
    else ranks[3].push(item);
  }
  return ranks.flat();
}
