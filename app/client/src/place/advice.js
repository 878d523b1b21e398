// What to say about a place before it is sent; fetched once a point can be answered.
export { doubtsOf } from './doubts.js';
export { nearbyOf } from './nearby.js';
export { doubtSaid } from './said.js';
