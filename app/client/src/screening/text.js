// Screens a text for phone and identity numbers, e-mail, names of persons, house and plot numbers.

import { names } from './names.js';
import { numbers, spoken } from './numbers.js';
import { compile, rules, tidy } from './rules.js';

const EMAIL = compile(rules.email, 'gi');
const EMAIL_HINT = compile(rules.email_hint, 'i');
const NAMED_HOUSE = rules.house_plot.named.map((pattern) => compile(pattern, 'gi'));
const BARE_HOUSE = rules.house_plot.bare.map((pattern) => compile(pattern, 'g'));
const STREET = compile(rules.house_plot.street, 'y');
const CODED = compile(rules.coded); // codes, numbers, dates, ids and points: most answers, told by one look
const HAS_DIGIT = /[0-9]/;
const HAS_SPOKEN = compile(rules.spoken_hint, 'i');
const NAME_HINT = compile(rules.name_hint);
// where spans meet, the first of these wins
const ORDER = ['email', 'id_number', 'phone', 'house_plot', 'person_name'];

/** Findings [{kind, start, end, text}] in order of place, none overlapping; spans count UTF-16 units of the NFC text. */
export function find(typed) {
  if (typed.length < 3 || CODED.test(typed)) return [];
  const text = tidy(typed);
  const found = [];
  if (HAS_DIGIT.test(text)) found.push(...numbers(text), ...housePlots(text));
  if (EMAIL_HINT.test(text))
    for (const { 0: mail, index } of text.matchAll(EMAIL)) found.push({ kind: 'email', start: index, end: index + mail.length, text: mail });
  if (HAS_SPOKEN.test(text)) found.push(...spoken(text));
  if (NAME_HINT.test(text)) found.push(...names(text));
  return settle(text, found);
}

function housePlots(text) {
  const inCapitals = text === text.toUpperCase(); // no case then parts "12/5 LÊ LỢI" from "12/5 MẤT ĐIỆN"
  const bare = inCapitals ? [] : BARE_HOUSE;
  const spans = bare.flatMap((pattern) => [...text.matchAll(pattern)].map((m) => [m.index, m.index + m[0].length]));
  for (const pattern of NAMED_HOUSE) {
    for (const match of text.matchAll(pattern)) {
      STREET.lastIndex = match.index + match[0].length;
      const street = STREET.exec(text);
      spans.push([match.index, match.index + match[0].length + (street ? street[0].length : 0)]);
    }
  }
  return spans.map(([start, end]) => ({ kind: 'house_plot', start, end, text: text.slice(start, end) }));
}

/** Keeps the first kind of ORDER where spans meet, joins what touches of one kind. */
function settle(text, found) {
  let kept = [];
  const rank = (item) => ORDER.indexOf(item.kind);
  for (const item of [...found].sort((a, b) => rank(a) - rank(b) || a.start - b.start || b.end - a.end)) {
    const clash = kept.filter((k) => item.start < k.end && k.start < item.end);
    if (!clash.length) kept.push(item);
    else if (clash.every((k) => k.kind === item.kind)) {
      const start = Math.min(item.start, ...clash.map((k) => k.start));
      const end = Math.max(item.end, ...clash.map((k) => k.end));
      kept = [...kept.filter((k) => !clash.includes(k)), { kind: item.kind, start, end, text: text.slice(start, end) }];
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}
