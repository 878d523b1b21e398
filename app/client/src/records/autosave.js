// Saves what is being filled within a second of each change, one saving at a time.

export const PAUSE_MS = 300;
const AGAIN_MS = 5000;

/**
 * `save()` writes the present state; `told({state: 'saved' | 'failed', at, error})` hears how it went (`cramped`: the phone is full, only the text is kept).
 * `due()` after a change; `flush()` saves at once what isn't saved; `stop()` for good.
 */
export function autosaveOf(save, told = () => {}) {
  let timer = 0;
  let changes = 0;
  let saved = 0;
  let running = null;
  let stopped = false;

  async function run() {
    clearTimeout(timer);
    timer = 0;
    if (running) return running;
    running = (async () => {
      while (saved < changes && !stopped) {
        const upTo = changes;
        try {
          const row = await save();
          saved = upTo;
          told({ state: 'saved', at: row?.savedAt ?? null, cramped: row?.cramped ?? false });
        } catch (error) {
          told({ state: 'failed', error });
          // A phone that was full may have room again without anybody typing.
          if (!stopped) timer = setTimeout(run, AGAIN_MS);
          return;
        }
      }
    })().finally(() => (running = null));
    return running;
  }

  return {
    due() {
      changes += 1;
      // The first change sets the clock: someone who never stops typing is saved all the same.
      if (!timer && !stopped) timer = setTimeout(run, PAUSE_MS);
    },
    /** Whether everything is saved when it resolves. */
    async flush() {
      await run();
      if (saved < changes && !stopped) await run();
      return saved === changes;
    },
    get unsaved() {
      return saved < changes;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
