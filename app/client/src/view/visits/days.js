// Days and moments as people here write them.
import { locale } from '../../words.js';

/** "2026-10-01" → "01/10/2026". */
export const dayOf = (iso) => iso.split('-').reverse().join('/');

const MOMENT = new Intl.DateTimeFormat(locale, {
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
/** Milliseconds since 1970 → day and time of day. */
export const momentOf = (at) => MOMENT.format(at);
