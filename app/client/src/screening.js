// Screening on the phone: the twin of surveys/screening, on the same rules.json. A test compares the two span by span.
// Spans count UTF-16 units of the text in NFC: normalise what was typed before cutting it at them.

export { find } from './screening/text.js';
export { classified } from './screening/markings.js';
