// Hours and moments as answers hold them, with Vietnam's offset: what the officer reads on the wall, whatever the phone's zone.

const ZONE = '+07:00';
const HERE = 'Asia/Ho_Chi_Minh';
const TIME = /^(\d{2}):(\d{2})/;
const OFFSET = /(Z|[+-]\d{2}:?\d{2})$/;

const parts = (date) =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', {
      timeZone: HERE,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );

/** `date` as Vietnam's calendar day, "2026-11-22". */
export function dayOf(date) {
  const { year, month, day } = parts(date);
  return `${year}-${month}-${day}`;
}

/** `date` as Vietnam's clock shows it, "14:05". */
export function hourOf(date) {
  const { hour, minute } = parts(date);
  return `${hour}:${minute}`;
}

/** "14:05" → "14:05:00.000+07:00"; null for none. */
export const toTime = (text) => (TIME.test(text) ? `${text.slice(0, 5)}:00.000${ZONE}` : null);

/** An answered time → "14:05" in Vietnam; '' for none. */
export function fromTime(value) {
  if (!value || !TIME.test(value)) return '';
  const offset = value.match(OFFSET)?.[0];
  return offset && offset !== ZONE ? hourOf(new Date(`2026-01-15T${value}`)) : value.slice(0, 5);
}

/** "2026-11-22T14:05" → "2026-11-22T14:05:00.000+07:00"; null for none. */
export const toMoment = (text) => (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? `${text.slice(0, 16)}:00.000${ZONE}` : null);

/** An answered moment → "2026-11-22T14:05" in Vietnam; '' for none. */
export function fromMoment(value) {
  if (!value) return '';
  const offset = value.match(/T.*?(Z|[+-]\d{2}:?\d{2})$/)?.[1];
  if (!offset || offset === ZONE) return value.slice(0, 16);
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? '' : `${dayOf(date)}T${hourOf(date)}`;
}
