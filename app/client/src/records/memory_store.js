// Keeps unsent records while the page lives. A lasting store offers the same three functions.

export function memoryStore() {
  const records = new Map();
  return {
    put: async (record) => void records.set(record.instanceID, record),
    remove: async (instanceID) => void records.delete(instanceID),
    all: async () => [...records.values()],
  };
}
