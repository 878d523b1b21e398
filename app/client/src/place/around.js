// The surroundings of an account as the map and the warnings use them, out of what the phone keeps.
import { json } from '../offline/package.js';

const FAR_METRES = 5000;
// Read once for a form and its map, anew for the next.
const FRESH_MS = 60_000;
const recent = new Map();

function kept(address, account) {
  const key = `${account?.id} ${address}`;
  const known = recent.get(key);
  if (known && Date.now() - known.at < FRESH_MS) return known.data;
  const data = json(address).then(
    (found) => {
      // Nothing learnt: asked again, perhaps with signal.
      if (!found) recent.delete(key);
      return found;
    },
    () => null,
  );
  recent.set(key, { at: Date.now(), data });
  return data;
}

function communeOf({ id, properties, geometry }) {
  const { name = '', approximate = false, own = true } = properties ?? {};
  return { id: id ?? properties?.id, name, own, approximate: Boolean(approximate), geometry };
}

/** {communes, hamlets, far} for `doubtsOf`; empty where nothing was ever fetched. */
export async function surroundings(account) {
  const [boundaries, listed] = await Promise.all([
    kept('/survey/api/boundaries', account),
    kept('/survey/api/hamlets', account),
  ]);
  return {
    communes: (boundaries?.features ?? []).map(communeOf),
    hamlets: new Map(
      (listed?.hamlets ?? []).map(([id, longitude, latitude, name]) => [String(id), { name, latitude, longitude }]),
    ),
    far: listed?.far_m ?? FAR_METRES,
    gate: listed?.gate_m,
  };
}

/** {layer, metres, visit, places} of the layer a form feeds; null where it feeds none or nothing is known. */
export const reported = (account, form) => kept(`/survey/api/nearby/${encodeURIComponent(form)}`, account);

/** Who shares a base map: accounts of one commune, or of one province. */
export const scopeOf = (account) => account?.commune?.id ?? account?.province?.id ?? 0;
