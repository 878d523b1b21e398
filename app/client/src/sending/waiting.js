// When to try again: longer after each failure, never all phones at the same moment, and not before the server asked for.

const FIRST_MS = 5000;
const LONGEST_MS = 30 * 60_000;

/** Milliseconds to wait after `failures` failures in a row. */
export function backoff(failures, random = Math.random) {
  const most = Math.min(FIRST_MS * 2 ** Math.max(failures - 1, 0), LONGEST_MS);
  return Math.round(most * (0.5 + random() / 2));
}

/** Milliseconds after which to ask a server that said to wait `ms`: phones that were told the same come one by one. */
export const spread = (ms, random = Math.random) => Math.round((ms || FIRST_MS) * (1 + random() / 4));
