// Finds names of persons: after titles, by surname, by minority naming customs; names of places are stepped over.

import { compile, rules } from './rules.js';
import { NAME_GAPS, Sentence } from './tokens.js';

const LONGEST = 6;
const LONGEST_IN_CAPITALS = 4;
const KIN_GAP = /^(?:[ .]{1,2}| \()$/;
const TITLE_GAP = /^[ .:(,\-"“]{1,3}(?:[0-9]{1,3}[a-zA-Z]? )?$/u;
const FILL_GAP = /^(?: |\/|\. | [0-9]{1,3} )$/;
const PLACE_GAP = /^[ ."“'\-:]{1,3}$/u;
const LIST_GAP = /^(?:, | - |-|; )$/;
const listed = (words) => new Set(words.split(' '));
const UNITS = listed('thôn xã phường ấp bản buôn bon làng xóm huyện tỉnh khu tổ giáo chùa trường công');
const DHARMA_NOT = listed('ca nghi hợp ứng thú đáng');
const STRICT_OPENERS = listed('a h k ya');
const OPENERS = new Set(rules.names.minority_openers.split(', '));
const AND = listed('và va với đến qua giao');

/** Findings of kind person_name in tidy text, left to right. */
export function names(text) {
  const s = new Sentence(text);
  const found = [];
  let at = 0;
  while (at < s.words.length) {
    const [next, span] = step(s, at);
    at = next;
    if (span) {
      const start = s.words[span[0]].start;
      const { end } = s.words[span[1] - 1];
      found.push({ kind: 'person_name', start, end, text: text.slice(start, end) });
    }
  }
  return found;
}

function step(s, at) {
  const skipped = skip(s, at);
  const [title, kind] = s.phrase(s.vocabulary.titles, at);
  const [length] = s.phrase(s.vocabulary.places, at);
  if (skipped > Math.max(title, length) || (skipped && skipped === title)) return [at + skipped, null];
  // without marks "duong", "cau", "ban" are rather a street, a bridge, a hamlet than kin
  const street = s.vocabulary.plain && title === 1 && length === 1 && !s.has(at + 2, 'middles');
  if (title && title >= length && !street) {
    const span = afterTitle(s, at, title, kind);
    if (span) return [span[1], span];
  }
  if (length && surname(s, at) <= length) {
    const end = place(s, at, length);
    if (end) return [end, null];
  }
  const span = untitled(s, at);
  if (!span) return [at + 1, null];
  return span[0] >= 0 ? [span[1], span] : [span[1], null];
}

function skip(s, at) {
  let [length] = s.phrase(s.vocabulary.skipNames, at);
  if (length && !s.has(at + length, 'middles')) return length;
  [length] = s.phrase(s.vocabulary.skipWords, at);
  return length && (s.capitals || s.words[at + length - 1].case === 'l') ? length : 0;
}

/** The end of the words written like one name from here (=== at when there is none). */
function run(s, at) {
  if (at >= s.words.length) return at;
  const inCapitals = s.words[at].case === 'U';
  if (!s.named(at) && !(inCapitals && surname(s, at))) return at;
  let end = at + 1;
  const longest = inCapitals && s.capitals ? LONGEST_IN_CAPITALS : LONGEST;
  while (end < s.words.length && end - at < longest && NAME_GAPS.has(s.words[end].gap)) {
    const word = s.words[end];
    if (word.case !== 'T' && !(inCapitals && word.case === 'U')) break;
    const stops = inCapitals && s.has(end, 'caps_stop') && !s.has(end, 'middles') && !s.has(end - 1, 'middles');
    if (s.has(end, 'run_stop') || stops) break;
    end += 1;
  }
  return end;
}

/** How many words of a surname begin here. */
const surname = (s, at) => s.phrase(s.vocabulary.surnames, at)[0];

/** Where a surname followed by Thị or Văn begins inside a run, or -1. */
function middleInside(s, at, end) {
  for (let i = at; i < end - 2; i += 1) if (s.has(i + 1, 'middles') && surname(s, i)) return i;
  return -1;
}

/** Whether these words are, or begin with, a known place or a name out of history. */
function knownPlace(s, at, end) {
  const { places, historic } = s.vocabulary.sets;
  const whole = s.joined(at, end);
  if (places.has(whole) || historic.has(whole)) return true;
  if ([2, 3, 4].some((n) => at + n < end && historic.has(s.joined(at, at + n)))) return true;
  return places.has(s.joined(at, at + 2)) && !s.has(at + 1, 'middles') && end - at > 2 && !s.has(end - 1, 'given_names');
}

/** K'Brôi, H'Mai, Y Blô, Ha Thuyên, Ka Hrẹo, Ma Đrẻm … */
function minority(s, at, titled) {
  const word = s.words[at];
  if (s.phrase(s.vocabulary.skipNames, at)[0]) return false;
  const opening = word.low.slice(0, 2);
  if ((opening === "k'" || opening === "h'") && (word.low.length > 2 || s.named(at + 1)))
    return word.low.length > 2 || s.words[at + 1].gap === '' || s.words[at + 1].gap === ' ';
  if (!OPENERS.has(word.low) || word.case === 'l' || !s.named(at + 1) || s.words[at + 1].gap !== ' ') return false;
  if (s.has(at + 1, 'openers_not_followed_by') || s.has(at + 1, 'not_name')) return false;
  const careful = STRICT_OPENERS.has(word.low) || s.capitals;
  return titled || !careful || s.has(at + 2, 'verbs');
}

/** Whether a run opens as only a person's name does. */
function personStart(s, at, end) {
  const { low } = s.words[at];
  if (minority(s, at, true) || s.phrase(s.vocabulary.baptismal, at)[0] || low === 'thích' || low === 'thich') return true;
  const length = surname(s, at);
  if (!length || end - at <= length || knownPlace(s, at, end)) return false;
  return !s.capitals || sureInCapitals(s, at, end);
}

function kin(s, at, end, title) {
  const full = surname(s, at) && end - at > 1;
  if (s.has(at, 'not_name') && !full) return false;
  if (s.phrase(s.vocabulary.places, at)[0] && !full && !s.has(at, 'given_names')) return false;
  if (personStart(s, at, end)) return true;
  if (s.vocabulary.plain && surname(s, at) && knownPlace(s, at, end)) return false;
  if (s.capitals && s.has(at, 'caps_core') && end - at >= (s.vocabulary.plain ? 3 : 2)) return true;
  if (s.capitals && s.vocabulary.plain && !['anh', 'chi', 'ong'].includes(title)) return false;
  if (s.vocabulary.sets.weak_kin.has(title) || s.vocabulary.plain || s.capitals)
    return s.has(at, 'given_names') && !s.vocabulary.sets.places.has(s.joined(at, Math.min(end, at + 2)));
  return true;
}

const notPlace = (s, at, end) => !s.vocabulary.sets.places.has(s.joined(at, end));

const ACCEPT = {
  kin,
  clergy: kin,
  office: (s, at, end) => personStart(s, at, end) || (s.has(at, 'given_names') && notPlace(s, at, end) && !s.has(at, 'not_name')),
  unit: (s, at, end) => personStart(s, at, end) || (end - at === 1 && s.has(at, 'given_names') && s.has(end, 'verbs')),
  context: (s, at, end, title) =>
    personStart(s, at, end) ||
    (s.vocabulary.sets.named_by.has(title) && s.has(at, 'given_names') && end - at <= 2 && notPlace(s, at, end)),
};

/** The name after a title, titles after titles followed ("cô y tá", "Chủ tịch xã"): words from title to end, or null. */
function afterTitle(s, at, length, firstKind) {
  let start = at;
  let titleAt = at;
  let kind = firstKind;
  let j = at + length;
  for (let i = 0; i < 6; i += 1) {
    if (j >= s.words.length || skip(s, j)) return null;
    const [more, moreKind] = s.phrase(s.vocabulary.titles, j);
    const { gap } = s.words[j];
    if (more && TITLE_GAP.test(gap) && !(moreKind === 'kin' && s.words[j].case === 'T' && kind === 'kin')) {
      if ((kind === 'kin' || kind === 'context') && moreKind !== 'context') start = j;
      if (moreKind !== 'context' || kind === 'context') kind = moreKind;
      titleAt = j;
      j += more;
      continue;
    }
    const [fill] = s.phrase(s.vocabulary.fills, j);
    if (fill && ['office', 'unit', 'clergy'].includes(kind) && FILL_GAP.test(gap) && !namedHere(s, j)) {
      if (UNITS.has(s.words[j].low)) kind = 'unit';
      j += fill;
      continue;
    }
    break;
  }
  return nameAt(s, start, titleAt, j, kind);
}

const namedHere = (s, at) => s.named(at) && surname(s, at) > 0 && s.named(at + 1);

function nameAt(s, start, titleAt, j, kind) {
  if (j >= s.words.length || !(kind === 'kin' ? KIN_GAP : TITLE_GAP).test(s.words[j].gap)) return null;
  const from = kind === 'context' ? j : start;
  let end = run(s, j);
  if (end > j) {
    const inner = middleInside(s, j, end);
    if (ACCEPT[kind](s, j, end, s.joined(titleAt, j))) return [from, end];
    return inner > j ? [inner, end] : null;
  }
  end = lowerName(s, j);
  if (!end && !s.vocabulary.plain) end = lowerTitled(s, j);
  if (!end && kind === 'kin') end = lowerGiven(s, titleAt, j);
  return end ? [from, end] : null;
}

/** The end of a whole name in small letters (nguyễn thị hoa), or 0. */
function lowerName(s, at) {
  if (!s.has(at, 'lower_core') || !s.has(at + 1, 'middles') || at + 2 >= s.words.length) return 0;
  if (s.words[at + 1].gap !== ' ' || s.words[at + 2].gap !== ' ') return 0;
  let end = at + 3;
  while (end < s.words.length && end - at < LONGEST_IN_CAPITALS && s.words[end].gap === ' ') {
    if (!s.has(end, 'given_names') || s.has(end, 'verbs')) break;
    end += 1;
  }
  return end;
}

/** The end of a name in small letters after any title (linh mục trần đình khoan, đại đức thích giác trí), or 0. */
function lowerTitled(s, from) {
  const at = from + s.phrase(s.vocabulary.baptismal, from)[0];
  const dharmaName = at < s.words.length && s.words[at].low === 'thích';
  const known = s.has(at, 'lower_core') && s.has(at + 1, 'given_names');
  if (!(known || dharmaName) || at + 1 >= s.words.length || s.words[at + 1].gap !== ' ') return 0;
  let end = at + 2;
  while (end < s.words.length && end - at < LONGEST_IN_CAPITALS && s.words[end].gap === ' ') {
    if (!s.has(end, 'given_names') || s.has(end, 'verbs')) break;
    end += 1;
  }
  return end;
}

/** The end of a given name in small letters after a kinship word (anh tuấn báo), or 0. */
function lowerGiven(s, titleAt, at) {
  const title = s.words[titleAt].low;
  const bare = s.vocabulary.plain;
  if (s.capitals || (bare && !['anh', 'chi', 'ong'].includes(title)) || s.has(titleAt, 'weak_kin')) return 0;
  if (bare && s.has(at, 'lower_core') && s.has(at + 1, 'given_names'))
    return s.words[at + 1].gap === ' ' && s.has(at + 2, 'verbs') ? at + 2 : 0;
  if (!s.has(at, 'given_names') || s.has(at, 'lower_given_not')) return 0;
  return s.has(at + 1, 'verbs') && s.words[at + 1].gap === ' ' ? at + 1 : 0;
}

/** The end of a place's name that begins with this word for a kind of place, or 0. */
function place(s, at, length) {
  if (length === 1 && s.has(at + 1, 'middles') && surname(s, at) && s.words[at].case !== 'l') return 0;
  let j = at + length;
  for (let i = 0; i < 4; i += 1) {
    const more = s.phrase(s.vocabulary.places, j)[0] || s.phrase(s.vocabulary.fills, j)[0];
    if (!more || !FILL_GAP.test(s.words[j].gap) || (surname(s, j) && s.has(j + 1, 'middles'))) break;
    j += more;
  }
  return j < s.words.length && PLACE_GAP.test(s.words[j].gap) ? placeName(s, at, length, j) : 0;
}

function placeName(s, at, length, j) {
  if (s.has(j, 'place_kin') && s.named(j + 1) && s.words[j + 1].gap === ' ') {
    const end = run(s, j + 1);
    if (s.words[j].case === 'l' && (end - j > 2 || minority(s, j + 1, true))) return 0;
    return end > j + 1 ? Math.min(end, j + 4) : 0;
  }
  let end = run(s, j);
  if (end === j) return lowerName(s, j);
  const doubtful = s.vocabulary.plain && s.has(at, 'ambiguous_place') && length === 1 && j === at + 1;
  if (doubtful && s.has(j + 1, 'middles') && !knownPlace(s, j, end)) return 0;
  const inner = middleInside(s, j, end);
  if (inner > j) return inner;
  if (s.words[j].case === 'U' && s.capitals) end = Math.min(end, j + (s.vocabulary.sets.historic.has(s.joined(j, j + 4)) ? 4 : 3));
  return listedPlaces(s, end);
}

/** Goes on over ", Trần Phú và Lê Lợi" after the name of a place. */
function listedPlaces(s, from) {
  let end = from;
  while (end < s.words.length) {
    let j = end;
    if (AND.has(s.words[j].low) && s.words[j].gap === ' ' && s.named(j + 1)) j += 1;
    else if (!LIST_GAP.test(s.words[j].gap)) return end;
    const after = run(s, j);
    if (after === j || after - j > 3 || s.has(after, 'verbs')) return end;
    if (!knownPlace(s, j, after) && (s.has(j + 1, 'middles') || s.phrase(s.vocabulary.titles, j)[0])) return end;
    end = after;
  }
  return end;
}

/** A name without a title, or null. A span with -1 as its first word is a place to step over. */
function untitled(s, at) {
  const word = s.words[at];
  const apostrophe = word.low.startsWith("k'") || word.low.startsWith("h'");
  if (apostrophe && word.low.length > 3 && word.case === 'l' && minority(s, at, false)) return [at, at + 1];
  if (word.case === 'l') {
    const end = lowerName(s, at);
    if (end && knownPlace(s, at, end)) return [-1, end];
    return end ? [at, end] : null;
  }
  const inside = at > 0 && s.words[at - 1].case === 'T' && NAME_GAPS.has(word.gap);
  const end = run(s, at);
  if (end === at) return null;
  if ((!inside || apostrophe) && (minority(s, at, false) || dharma(s, at, end))) return [at, end];
  const [baptismal] = s.phrase(s.vocabulary.baptismal, at);
  if (baptismal && at + baptismal < end && surname(s, at + baptismal)) return [at, end];
  const length = surname(s, at);
  return !length || end - at <= length ? null : bySurname(s, at, end, length, inside);
}

function dharma(s, at, end) {
  const { low } = s.words[at];
  return (low === 'thích' || low === 'thich') && end - at >= 2 && !DHARMA_NOT.has(s.words[at + 1].low);
}

function bySurname(s, at, end, length, inside) {
  if (s.capitals) return inCapitals(s, at, end);
  if (knownPlace(s, at, end)) return [-1, end];
  if (s.has(at + length, 'middles') && end - at > length + 1) return [at, end];
  const strong = length > 1 || s.has(at, 'strong_surnames');
  const evidence = s.has(end, 'verbs') || contextBefore(s, at);
  if (inside) {
    const opener = at === 1 || !NAME_GAPS.has(s.words[at - 1].gap);
    return strong && opener && (end - at >= 3 || evidence) ? [at, end] : null;
  }
  if (strong && (!s.vocabulary.plain || end - at >= 3 || evidence)) return [at, end];
  if (evidence || (end - at >= 3 && s.has(end - 1, 'given_names') && !s.vocabulary.plain)) return [at, end];
  return [-1, end];
}

function contextBefore(s, at) {
  return [1, 2, 3].some((back) => {
    if (at < back) return false;
    const [length, kind] = s.phrase(s.vocabulary.titles, at - back);
    return length === back && kind === 'context';
  });
}

/** In capitals no case parts name from text: ask for Thị or Văn, or a common surname and a known given name. */
function inCapitals(s, at, end) {
  if (knownPlace(s, at, end) || [2, 3, 4].some((n) => s.vocabulary.sets.historic.has(s.joined(at, at + n)))) return [-1, end];
  return end - at >= 3 && sureInCapitals(s, at, end) ? [at, end] : null;
}

function sureInCapitals(s, at, end) {
  if (s.has(at + 1, 'middles') && end - at >= 3 && (!s.vocabulary.plain || s.has(at, 'caps_core'))) return true;
  const given = s.has(end - 1, 'given_names') || s.has(at + 2, 'given_names');
  return s.has(at, 'caps_strong') && end - at >= 2 && given;
}
