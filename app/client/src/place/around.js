// The surroundings of an account as the map and the warnings use them.

import { scopeOf, stored } from './stored.js';

const FAR_METRES = 5000;

function communeOf({ id, properties, geometry }) {
  const { name = '', approximate = false } = properties ?? {};
  return { id: id ?? properties?.id, name, approximate: Boolean(approximate), geometry };
}

/** {communes, hamlets, far} for `doubtsOf`; empty where nothing was ever fetched. */
export async function surroundings(account) {
  const scope = scopeOf(account);
  const [boundaries, listed] = await Promise.all([
    stored('/survey/api/boundaries', scope),
    stored('/survey/api/hamlets', scope),
  ]);
  return {
    communes: (boundaries?.features ?? []).map(communeOf),
    hamlets: new Map(
      (listed?.hamlets ?? []).map(([id, longitude, latitude, name]) => [String(id), { name, latitude, longitude }]),
    ),
    far: listed?.far_m ?? FAR_METRES,
  };
}

/** {layer, metres, visit, places} of the layer a form feeds; null where it feeds none or nothing is known. */
export const reported = (account, form) => stored(`/survey/api/nearby/${encodeURIComponent(form)}`, scopeOf(account));
