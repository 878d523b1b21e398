// Finds classified markings (MẬT, TỐI MẬT, TUYỆT MẬT) in a text or a file name.

import { compile, rules, tidy } from './rules.js';

const C = rules.classified;
const CAPITALS = compile(C.capitals, 'g');
const NOT_AFTER = compile(C.capitals_not_after);
const PHRASES = compile(C.phrases, 'gi');
const NEGATED_BEFORE = compile(C.negated_before, 'i');
const NEGATED_AFTER = compile(C.negated_after, 'i');
const TEACHING = compile(C.teaching_before, 'i');
const NUMBERED = compile(C.numbered_after);
const ALONE = compile(C.alone, 'i');
const BRACKETED = compile(C.bracketed, 'i');
const FILE_NAME = compile(C.file_name);
const FILE = compile(C.file, 'gi');
const FILE_NOT_AFTER = compile(C.file_not_after, 'i');
const JOINED = compile(C.joined_letters, 'g');
const HINT = compile(C.hint, 'i');

/** The marking found in a text or file name, else null. */
export function classified(typed) {
  let text = tidy(typed);
  if (!HINT.test(text)) return null;
  if (FILE_NAME.test(text)) {
    for (const match of text.matchAll(FILE)) {
      const end = match.index + match[0].length;
      if (!FILE_NOT_AFTER.test(text.slice(0, end - 3))) return match[0].replace(/^[ _\-.]+|[ _\-.]+$/g, '');
    }
  }
  text = text.replace(JOINED, (letters) => letters.replace(/[ .\-_*]/g, '')).replace(/[ \t\u00a0]+/g, ' ').replaceAll('_', ' ');
  return ALONE.test(text) ? text.trim() : inText(text);
}

function inText(text) {
  for (const match of text.matchAll(CAPITALS)) {
    const before = text.slice(0, match.index);
    if (!NOT_AFTER.test(before) && !negated(before, text.slice(match.index + match[0].length))) return match[0];
  }
  for (const match of text.matchAll(PHRASES)) {
    const before = text.slice(0, match.index);
    const after = text.slice(match.index + match[0].length);
    if (!negated(before, after) && !(TEACHING.test(before) && !NUMBERED.test(after))) return match[0];
  }
  return BRACKETED.exec(text)?.[0] ?? null;
}

function negated(before, after) {
  return NEGATED_AFTER.test(after) || NEGATED_BEFORE.test(before.slice(-60));
}
