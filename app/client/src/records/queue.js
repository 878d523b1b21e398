// Records on their way: kept until a receipt acknowledges them, whatever happens in between.

/**
 * `store` keeps records (put, remove, all); `submit(record)` returns a receipt or throws.
 * `changed(records)` is told what is unsent.
 */
export function queueOf(store, submit, changed = () => {}) {
  const under = new Map();
  const tell = async () => changed(await store.all());

  async function deliver(record) {
    const receipt = await submit(record);
    await store.remove(record.instanceID);
    await tell();
    return receipt;
  }

  return {
    /** Keeps, then sends. The receipt, or the problem as thrown by `submit` with the record still kept. */
    async send(record) {
      await store.put(record);
      await tell();
      // Two taps on "send" are one delivery.
      if (!under.has(record.instanceID)) {
        under.set(
          record.instanceID,
          deliver(record).finally(() => under.delete(record.instanceID)),
        );
      }
      return under.get(record.instanceID);
    },
    /** Takes back a record the server refused, so that it can be corrected. */
    async withdraw(record) {
      await store.remove(record.instanceID);
      await tell();
    },
    unsent: () => store.all(),
  };
}
