// What belongs to an opened form beside the engine's tree: its files, and the lists the phone searches itself.

const BESIDE = new WeakMap();

/** Keeps `attachment(name)` → Promise<Response> and `lists` (Map path → list) for the tree under `root`. */
export function remember(root, attachment, lists) {
  BESIDE.set(root, { attachment, lists, blobs: new Map() });
  return root;
}

/** The list behind the question `node`; null where the engine itself holds its choices. */
export const listOf = (node) => BESIDE.get(node.root)?.lists?.get(node.currentState.reference.replace(/\[\d+\]/g, '')) ?? null;

/** The form's own file at `source` (a jr:// address of the engine) as a Blob; null when the phone hasn't got it. */
export function fileOf(node, source) {
  const { attachment, blobs } = BESIDE.get(node.root) ?? {};
  const name = decodeURIComponent(String(source.href ?? source).split('/').at(-1));
  if (!attachment) return Promise.resolve(null);
  if (!blobs.has(name)) {
    const blob = attachment(name).then(
      (response) => (response.ok ? response.blob() : null),
      () => null,
    );
    // What isn't there now may be after the next tap.
    blob.then((found) => found ?? blobs.delete(name));
    blobs.set(name, blob);
  }
  return blobs.get(name);
}
