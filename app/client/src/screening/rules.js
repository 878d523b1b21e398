// The word lists and regexes of rules.json, made ready: NFC text, one spelling of tones, plain twins without marks.

import rules from '../../../../surveys/screening/rules.json' with { type: 'json' };

export { rules };

const SAME = new Map(Object.entries(rules.same_characters));
const SAME_RULE = new RegExp(`[${[...SAME.keys()].join('')}]`, 'gu');
const TONES = Object.entries(rules.tone_places);
const MARKS = /[\u0300-\u036f]/gu;
const ASCII = /^[\x00-\x7f]*$/; // eslint-disable-line no-control-regex

export const isAscii = (text) => ASCII.test(text);

/** A regex of rules.json; `{L}` stands for the class of letters. */
export function compile(pattern, flags = '') {
  return new RegExp(pattern.replaceAll('{L}', rules.letters), `u${flags}`);
}

/** NFC, with look-alike apostrophes, dashes, spaces and full-width digits made plain. */
export function tidy(text) {
  return isAscii(text) ? text : text.normalize('NFC').replace(SAME_RULE, (c) => SAME.get(c));
}

/** Lower case with tone marks in their older place ("hoà" → "hòa"); as long as its input. */
export function lower(text) {
  let low = text.toLowerCase();
  if (!isAscii(low)) for (const [now, before] of TONES) low = low.replaceAll(now, before);
  return low;
}

/** Without Vietnamese marks, as typed by people who leave them out. */
export function plain(text) {
  return isAscii(text) ? text : text.replace(/đ/g, 'd').replace(/Đ/g, 'D').normalize('NFD').replace(MARKS, '').normalize('NFC');
}

/** The entries of a comma-separated list, in lower()'s spelling. */
export function words(listed) {
  return listed.split(',').map((entry) => lower(entry.trim())).filter(Boolean);
}
