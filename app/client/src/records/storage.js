// Room on the phone, and the browser's promise to keep what is there.

export const SPARE_BYTES = 30e6;

/** Asks the browser once not to clear our data when it runs short; whether it promised. */
export async function promised() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}

/** Whether a file of `bytes` fits and leaves room for texts; true where the browser won't say. */
export async function roomFor(bytes) {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota - usage - bytes >= SPARE_BYTES;
  } catch {
    return true;
  }
}

export const isFull = (error) => error?.name === 'QuotaExceededError' || error?.inner?.name === 'QuotaExceededError';
