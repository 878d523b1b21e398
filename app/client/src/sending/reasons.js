// Why a record is still here, in words.
import { spoken } from '../words.js';
import * as sending from '../words/sending.js';

const words = spoken(sending);
const OWN = {
  offline: 'whyOffline',
  portal: 'whyPortal',
  signin: 'whySignin',
  busy: 'whyBusy',
  part_lost: 'whyPartLost',
  submission_changed: 'whyChanged',
};

const TO_DO = {
  submission_changed: 'doChanged',
  submission_classified: 'doClassified',
  upload_too_large: 'doTooLarge',
};

/** What to do about a record that the server refuses for good; `code` of its problem. */
export const toDo = (code) => words[TO_DO[code] ?? 'doAsk'];

/** What is classified goes no other way than the classified mail: it isn't handed over in a file. */
export const mayBeHanded = (code) => code !== 'submission_classified';

/** The sentence for a row's `problem` {code, message}; '' where there is none. */
export function reason(problem) {
  if (!problem) return '';
  const own = OWN[problem.code];
  return own ? words[own] : problem.message || words.whyUnknown;
}
