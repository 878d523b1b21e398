// Long work in short steps, so that a cheap phone goes on answering taps.

const STEP_MS = 12; // at a quarter of a desk's speed, and with what the browser does beside it, well below 200 ms

/** Calls `next` until it returns false, giving way to taps and painting after each STEP_MS. */
export async function inSteps(next, clock = () => performance.now()) {
  for (;;) {
    const until = clock() + STEP_MS;
    for (let left = 16, more = true; ; left -= 1) {
      more = next();
      if (!more) return;
      // The clock is asked every now and then: asking it costs as much as a row.
      if (left <= 0) {
        if (clock() > until) break;
        left = 16;
      }
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}
