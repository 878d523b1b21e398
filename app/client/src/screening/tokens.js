// A text cut into words with their case, and phrase look-up over them.

import { compile, isAscii, lower } from './rules.js';
import { vocabulary } from './vocabulary.js';

const WORD = compile("[{L}]+(?:'[{L}]+)*'?", 'g');
const LETTER = /\p{L}/u;
export const NAME_GAPS = new Set([' ', '  ', "' "]);
const PHRASE_GAPS = new Set([' ', '/', '. ', '.', '  ']);
const CAPITAL_SHARE = 0.7;

/** Words as {low, case: T (Title) | U (CAPITALS) | l, start, end, gap}, and what is asked of them. */
export class Sentence {
  constructor(text) {
    this.words = [];
    const low = lower(text);
    let end = 0;
    let upper = 0;
    let letters = 0;
    for (const { 0: raw, index } of text.matchAll(WORD)) {
      const first = [...raw][0];
      let kind = 'T';
      if (first.toLowerCase() === first) kind = 'l';
      else if (raw.length > 1 && raw.toUpperCase() === raw && LETTER.test(raw.slice(1))) kind = 'U';
      letters += raw.length;
      upper += kind === 'U' ? raw.length : 0;
      this.words.push({ low: low.slice(index, index + raw.length), case: kind, start: index, end: index + raw.length, gap: text.slice(end, index) });
      end = index + raw.length;
    }
    this.vocabulary = vocabulary(this.words.every((word) => isAscii(word.low)));
    this.capitals = letters > 0 && upper >= CAPITAL_SHARE * letters;
  }

  /** Whether the word at this index is in a named set. */
  has(at, listed) {
    return at >= 0 && at < this.words.length && this.vocabulary.sets[listed].has(this.words[at].low);
  }

  /** Whether the word at this index is written like a name. */
  named(at) {
    const word = at >= 0 ? this.words[at] : undefined;
    return Boolean(word) && (word.case === 'T' || (this.capitals && word.case === 'U'));
  }

  joined(first, end) {
    return this.words.slice(first, end).map((word) => word.low).join(' ');
  }

  /** The longest phrase of a table that starts here: [number of words or 0, its class]. */
  phrase(table, at) {
    if (at >= this.words.length) return [0, ''];
    for (const [parts, kind] of table.get(this.words[at].low) ?? []) {
      if (at + parts.length > this.words.length) continue;
      if (parts.every((part, i) => i === 0 || (this.words[at + i].low === part && PHRASE_GAPS.has(this.words[at + i].gap))))
        return [parts.length, kind];
    }
    return [0, ''];
  }
}
