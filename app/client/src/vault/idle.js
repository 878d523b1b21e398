// Locks after ten minutes without a touch; a phone that slept that long locks as it wakes.

export const IDLE_MS = 10 * 60_000;
const LOOK_MS = 10_000;
const TOUCHES = ['pointerdown', 'keydown', 'input', 'wheel', 'touchmove'];

let last = Date.now();

/** Something is going on without a touch: a walk around a field, a long measuring. */
export function active() {
  last = Date.now();
}

/** Calls `idle` once ten minutes passed since the last touch; returns a function that stops watching. */
export function watchIdle(idle) {
  active();
  const look = () => {
    if (Date.now() - last >= IDLE_MS) idle();
  };
  const timer = setInterval(look, LOOK_MS);
  // Before the touch that wakes it counts: what is behind the lock isn't shown for it.
  const touched = () => {
    look();
    active();
  };
  for (const name of TOUCHES) window.addEventListener(name, touched, { capture: true, passive: true });
  document.addEventListener('visibilitychange', look);
  return () => {
    clearInterval(timer);
    for (const name of TOUCHES) window.removeEventListener(name, touched, { capture: true });
    document.removeEventListener('visibilitychange', look);
  };
}
