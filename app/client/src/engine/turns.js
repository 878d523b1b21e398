// Long work a little at a time: done at once it holds a cheap phone still for seconds.

const TURN_MS = 8;
const pause = () => new Promise((resume) => setTimeout(resume));

/** A function to await between two pieces of work: it lets the page go on whenever this turn has lasted long enough. */
export function turns() {
  let until = performance.now() + TURN_MS;
  return () => {
    if (performance.now() < until) return null;
    return pause().then(() => (until = performance.now() + TURN_MS));
  };
}

/**
 * The engine's `root`, made just now and still empty, with all its questions. Works with the seams that build.mjs puts into
 * the engine: until `attach` nothing is computed, so the order can't show.
 */
export async function grown(root) {
  const instance = root.rootDocument;
  const turn = turns();
  // Groups put their own children at the end while it runs.
  for (const { parent, children, build } of instance.turns) {
    const made = [];
    for (const child of children) {
      made.push(parent.scope.runTask(() => build(child)));
      await turn();
    }
    parent.childrenState.setChildren(made);
  }
  // What comes later, in a repeat, is built at once.
  instance.turns = null;
  await pause();
  instance.attach();
  return root;
}
