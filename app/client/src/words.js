// Every sentence the phone says, in the language chosen. A part of the app keeps its own file: {vi, en}, the same names in both.
import * as answers from './words/answers.js';
import * as filling from './words/filling.js';
import * as drafts from './words/drafts.js';
import * as install from './words/install.js';
import * as place from './words/place.js';
import * as vault from './words/vault.js';

const PARTS = [filling, answers, drafts, install, place, vault];
const KEY = 'diaban-language';

export const language = globalThis.localStorage?.getItem(KEY) === 'en' ? 'en' : 'vi';
/** For names of days. Numbers are written the Vietnamese way in both languages: a figure must read the same to everyone. */
export const locale = language === 'en' ? 'en-GB' : 'vi-VN';
if (globalThis.document) document.documentElement.lang = language;

/** Keeps the choice; the page is loaded anew, so that nothing is left in the other language. */
export function speak(chosen) {
  localStorage.setItem(KEY, chosen);
  location.reload();
}

// The build takes each part's `en` into one file of its own: who speaks Vietnamese doesn't fetch it.
const english = language === 'en' ? (await import('english:words')).default : {};

/** A part's sentences in the language chosen; a part that isn't needed for the first form calls this where it is used. */
export const spoken = ({ vi }) =>
  Object.fromEntries(Object.entries(vi).map(([name, said]) => [name, english[name] ?? said]));

export const words = Object.assign({}, ...PARTS.map(spoken));
