// Finds phone and identity numbers in clusters of digits, however they are spaced.

import { compile, rules } from './rules.js';

const N = rules.numbers;
const CLUSTER = compile(N.shapes.cluster, 'g');
const GROUP = compile(N.shapes.group, 'g');
const shape = (name) => compile(N.shapes[name]);
const rule = (name, flags = 'i') => compile(N[name], flags);
const PHONE = shape('phone');
const CITIZEN = shape('citizen');
const OLD_CARD = shape('old_card');
const DATE = shape('date');
const DATE_ISO = shape('date_iso');
const HOTLINE = compile(N.hotline);
const PHONE_BEFORE = rule('phone_words_before');
const ID_BEFORE = rule('id_words_before');
const MONEY_BEFORE = rule('money_before');
const TAX_BEFORE = rule('tax_before');
const AMOUNT_AFTER = rule('amount_after');
const CODE_BEFORE = rule('code_before');
const PASSPORT = rule('passport', 'g');
const PASSPORT_BEFORE = rule('passport_words_before');
const INSURANCE = rule('insurance', 'g');
const SPOKEN = [rule('spoken', 'gi'), rule('spoken_plain', 'gi')];
const LETTER = /\p{L}/u;
const LOOK_BACK = 48;

const finding = (kind, text, start, end) => ({ kind, start, end, text: text.slice(start, end) });
const back = (text, at) => text.slice(Math.max(0, at - LOOK_BACK), at);

/** Findings of kind phone and id_number in tidy text, in no order. */
export function numbers(text) {
  const found = [];
  for (const match of text.matchAll(CLUSTER)) {
    let digits = match[0];
    if ('oO'.includes(digits[0]) && !LETTER.test(text.slice(0, match.index).slice(-1))) digits = `0${digits.slice(1)}`;
    if (digits.replace(GROUP, '').length <= digits.length - 7) found.push(...inCluster(text, match.index, digits));
  }
  for (const { 0: passport, index } of text.matchAll(PASSPORT)) {
    const before = back(text, index);
    const capital = passport[0] !== passport[0].toLowerCase();
    if (PASSPORT_BEFORE.test(before) || (capital && !CODE_BEFORE.test(before)))
      found.push(finding('id_number', text, index, index + passport.length));
  }
  for (const { 0: card, index } of text.matchAll(INSURANCE)) found.push(finding('id_number', text, index, index + card.length));
  return found;
}

/** Phone numbers written out in words. */
export function spoken(text) {
  return SPOKEN.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => finding('phone', text, match.index, match.index + match[0].length)),
  );
}

function inCluster(text, offset, cluster) {
  const groups = [...cluster.matchAll(GROUP)].map((match) => [match.index, match.index + match[0].length]);
  const found = [];
  let first = 0;
  while (first < groups.length) {
    const taken = longest(text, offset, cluster, groups, first);
    if (!taken) {
      first += 1;
      continue;
    }
    let start = offset + groups[first][0];
    while (start > 0 && '+('.includes(text[start - 1]) && start > offset - 2) start -= 1;
    found.push(finding(taken.kind, text, start, offset + groups[taken.last][1]));
    first = taken.last + 1;
  }
  return found;
}

/** The longest run of groups from `first` that is a number of a person: {last, kind} or null. */
function longest(text, offset, cluster, groups, first) {
  const start = groups[first][0];
  if (DATE.test(cluster.slice(start)) || DATE_ISO.test(cluster.slice(start))) return null;
  const before = back(text, offset + start);
  let best = null;
  let digits = '';
  for (let last = first; last < groups.length; last += 1) {
    digits += cluster.slice(...groups[last]);
    if (digits.length > 16) break;
    if (digits.length < 7 || !joinable(cluster, groups, first, last)) continue;
    const end = offset + groups[last][1];
    const kind = kindOf(digits, before, text.slice(end, end + 12), last - first + 1, groups.length, first);
    if (kind && !decimal(cluster, groups.slice(first, last + 1), kind)) best = { last, kind };
  }
  return best;
}

/** Whether these groups read as one number: a comma or slash parts numbers, but for 0912/345/678. */
function joinable(cluster, groups, first, last) {
  const gaps = [];
  for (let i = first; i < last; i += 1) gaps.push(cluster.slice(groups[i][1], groups[i + 1][0]));
  if (!gaps.some((gap) => gap.includes('/') || gap.includes(','))) return true;
  const longFirst = groups[first][1] - groups[first][0] >= 3 && cluster[groups[first][0]] === '0';
  return longFirst && gaps.length === 2 && gaps.every((gap) => gap.length === 1);
}

/** Whether an unnamed number is rather a measure with decimals: 1285430.25. */
function decimal(cluster, groups, kind) {
  return kind === 'id_number' && groups.length === 2 && groups[0][1] - groups[0][0] > 5 && cluster[groups[0][1]] === '.';
}

function kindOf(digits, before, after, taken, all, first) {
  const named = ID_BEFORE.test(before);
  const amount = AMOUNT_AFTER.test(after);
  if (TAX_BEFORE.test(before) && !(named && before.toLowerCase().includes('cá nhân'))) return null;
  if (CITIZEN.test(digits) && !amount) return 'id_number';
  if (named && digits.length >= 8 && digits.length <= 16 && !amount && !PHONE_BEFORE.test(before)) return 'id_number';
  if (PHONE.test(digits)) return 'phone';
  if (amount || MONEY_BEFORE.test(before)) return null;
  if (OLD_CARD.test(digits) && (taken === all || taken === 1) && (taken > 1 || !digits.endsWith('0000'))) return 'id_number';
  const local = (digits.length === 7 || digits.length === 8) && !HOTLINE.test(digits);
  return local && first === 0 && taken === all && PHONE_BEFORE.test(before) ? 'phone' : null;
}
