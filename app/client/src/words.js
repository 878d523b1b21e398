// Every sentence the phone says, in the language chosen. A part of the app keeps its own file: {vi, en}, the same names in both.
import * as base from './words/base.js';

const PARTS = [base];
const KEY = 'diaban-language';

export const language = globalThis.localStorage?.getItem(KEY) === 'en' ? 'en' : 'vi';

/** Keeps the choice; the page is loaded anew, so that nothing is left in the other language. */
export function speak(chosen) {
  localStorage.setItem(KEY, chosen);
  location.reload();
}

export const words = Object.assign({}, ...PARTS.map(({ vi, en }) => (language === 'en' ? { ...vi, ...en } : vi)));
