// One small piece of work after the other, with room between them for a tap and a frame.

const waiting = [];
let running = false;

/** Runs `work` when those before it are done and the page has had its turn. */
export function soon(work) {
  waiting.push(work);
  if (!running) {
    running = true;
    setTimeout(next);
  }
}

function next() {
  waiting.shift()?.();
  // Vue renders what changed in a microtask, before this: the next piece starts in a fresh turn.
  if (waiting.length) requestAnimationFrame(() => setTimeout(next));
  else running = false;
}
