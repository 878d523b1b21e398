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

/** The sentence for a row's `problem` {code, message}; '' where there is none. */
export function reason(problem) {
  if (!problem) return '';
  const own = OWN[problem.code];
  return own ? words[own] : problem.message || words.whyUnknown;
}
