// What other questions of the same form say about the place: the chosen commune and hamlet.

import { nameOf } from '../view/kinds.js';

function* leaves(nodes) {
  for (const node of nodes) {
    const children = node.currentState?.children;
    if (Array.isArray(children) && node.nodeType !== 'select') yield* leaves(children);
    else yield node;
  }
}

/** {commune, hamlet}: unit ids as text, '' where not answered. Reading it in a computed follows the answers. */
export function chosenUnits(root) {
  const found = { commune: '', hamlet: '' };
  for (const node of leaves(root.currentState.children)) {
    const name = nameOf(node);
    if (name in found && node.currentState.relevant) found[name] = node.currentState.instanceValue ?? '';
  }
  return found;
}
