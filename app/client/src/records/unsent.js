// What waits on this phone, for the figures and warnings that are always in sight.
import { database } from './database.js';

export const MANY = 10;
export const OLD_MS = 24 * 3600_000;

/**
 * {own, others, total, many, old}: records of `account` and of other accounts not yet acknowledged, and whether there are
 * so many, or one so old, that the person must be told.
 */
export function figures(envelopes, account, now = Date.now()) {
  const own = envelopes.filter((envelope) => envelope.account === account).length;
  const oldest = Math.min(...envelopes.map(({ madeAt }) => Date.parse(madeAt)));
  const total = envelopes.length;
  return { own, others: total - own, total, many: total >= MANY, old: total > 0 && now - oldest >= OLD_MS };
}

export const NOTHING = figures([], 0);

/** The figures as of now. Needs no key: it works while locked. */
export async function unsent(account) {
  return figures(await (await database()).getAll('sealed'), account);
}
