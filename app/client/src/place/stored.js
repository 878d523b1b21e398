// What the phone keeps of its surroundings: from its own store at once, from the server when there is signal.

import { database } from '../records/database.js';

const PATIENCE_MS = 20_000;
const asked = new Map();

async function fresh(address) {
  const response = await fetch(address, {
    credentials: 'same-origin',
    cache: 'no-cache',
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  // A portal's page isn't JSON; a form that feeds no layer has nothing nearby.
  if (!response.ok || !response.headers.get('content-type')?.includes('json')) return null;
  return response.json();
}

async function read(key, address) {
  const db = await database();
  const renewed = fresh(address).then(async (value) => {
    if (value) await db.put('facts', { key, value });
    return value;
  });
  const kept = (await db.get('facts', key))?.value;
  if (!kept) return renewed.catch(() => null);
  renewed.catch(() => {});
  return kept;
}

/**
 * The JSON at `address` as this account last saw it, or null where nothing is kept and nobody answers. `scope` tells
 * accounts apart that share the phone: each keeps its own. What is kept is renewed for the next time.
 */
export function stored(address, scope) {
  const key = `place ${scope} ${address}`;
  if (!asked.has(key)) {
    const reading = read(key, address).catch(() => null);
    asked.set(key, reading);
    // Nothing learnt: asked again, perhaps with signal.
    reading.then((value) => value ?? asked.delete(key));
  }
  return asked.get(key);
}

/** Who keeps what: an account sees its commune or its province. */
export const scopeOf = (account) => account?.commune?.id ?? account?.province?.id ?? 0;
