// The words of persons and places as sets and phrase tables, once with marks and once without.

import { plain, rules, words } from './rules.js';

const P = rules.names;
const SETS =
  'weak_kin middles given_names verbs caps_stop historic places not_name openers_not_followed_by run_stop named_by place_kin ambiguous_place strong_surnames caps_core lower_core lower_given_not weak_surnames';
// the first list that holds a phrase gives its class
const TITLES = [['unit', 'unit_office'], ['clergy', 'clergy'], ['office', 'office'], ['kin', 'kin'], ['context', 'context']];

function table(entries) {
  const phrases = new Map();
  const seen = new Set();
  for (const [phrase, kind] of entries) {
    const parts = phrase.replaceAll('/', ' ').replaceAll('.', '').split(' ').filter(Boolean);
    const key = parts.join(' ');
    if (seen.has(key)) continue;
    seen.add(key);
    if (!phrases.has(parts[0])) phrases.set(parts[0], []);
    phrases.get(parts[0]).push([parts, kind]);
  }
  for (const listed of phrases.values()) listed.sort((a, b) => b[0].length - a[0].length);
  return phrases;
}

function build(withoutMarks) {
  const read = (name) => (withoutMarks ? words(P[name]).map(plain) : words(P[name]));
  const phrases = (name) => table(read(name).map((phrase) => [phrase, name]));
  const sets = Object.fromEntries(SETS.split(' ').map((name) => [name, new Set(read(name))]));
  sets.caps_strong = new Set(sets.caps_core);
  if (withoutMarks) {
    for (const word of words(P.caps_core_plain_not)) sets.caps_strong.delete(word);
    sets.strong_surnames = new Set(words(P.plain_strong));
    for (const word of words(P.lower_core_plain_not)) sets.lower_core.delete(word);
  }
  return {
    plain: withoutMarks,
    sets,
    titles: table(TITLES.flatMap(([kind, name]) => read(name).map((phrase) => [phrase, kind]))),
    places: phrases('place'),
    fills: phrases('fill'),
    skipNames: phrases('skip_names'),
    skipWords: phrases('skip_words'),
    surnames: table(['strong_surnames', 'weak_surnames'].flatMap((name) => read(name).map((s) => [s, 'surname']))),
    baptismal: phrases('baptismal'),
  };
}

const built = {};
/** Built when first needed: the phone opens a form before anybody types. */
export const vocabulary = (withoutMarks) => (built[withoutMarks] ??= build(withoutMarks));
