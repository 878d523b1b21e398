// Screens by address: `#/<name>` or `#/<name>/<rest>`. Each is fetched when it is first shown.
// A screen is given account, forms, queue and `rest` (what stands behind its name in the address).

export const SCREENS = {
  'cua-toi': () => import('./mine/Mine.vue'),
  'hang-doi': () => import('./sending/Queue.vue'),
  tham: () => import('./visits/Visits.vue'),
  'da-xong': () => import('./records/Finished.vue'),
};
