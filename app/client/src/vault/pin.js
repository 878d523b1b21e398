// What counts as a PIN, and how long a wrong one makes wait.

export const PIN_DIGITS = 6;
const FREE_TRIES = 3;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/** What is wrong with a new PIN: '' | 'short' | 'simple' (one digit over and over, or digits in a row). */
export function weakness(pin) {
  if (!/^\d+$/.test(pin) || pin.length < PIN_DIGITS) return 'short';
  const steps = new Set([...pin].slice(1).map((digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10));
  return steps.size === 1 && [0, 1, 9].includes([...steps][0]) ? 'simple' : '';
}

/** Milliseconds to wait after the `tries`-th wrong PIN in a row. */
export function waitAfter(tries) {
  return tries < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - FREE_TRIES));
}
