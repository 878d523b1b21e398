// A draft is open in one tab only: two would overwrite each other.

const PATIENCE_MS = 2000;

/** Takes the draft `id` for this page: a function that gives it back, or null while another tab has it. */
export function hold(id) {
  if (!navigator.locks) return () => {};
  return new Promise((resolve) => {
    // A page that is just being reloaded gives its lock back a moment later.
    const signal = AbortSignal.timeout(PATIENCE_MS);
    navigator.locks
      .request(`draft ${id}`, { signal }, () => new Promise((release) => resolve(release)))
      .catch(() => resolve(null));
  });
}
