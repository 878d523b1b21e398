// How far the phone is ready to work with no network, as the screens show it.
import { shallowReactive } from 'vue';
import { presentId } from '../transport/server.js';
import { packageOf } from './stored.js';

/** done of `of` parts are kept; `at`: when all of them last were (ISO) or null; `working` while they are being fetched. */
export const readiness = shallowReactive({ done: 0, of: 0, at: null, working: false, problem: null });

/** Takes over what the present account's package says of itself. */
export async function recall() {
  const { done, of, at } = await packageOf(await presentId());
  Object.assign(readiness, { done, of, at });
}
