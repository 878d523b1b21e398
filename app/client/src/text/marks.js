// Cuts a text at the places screening found, so that a view can mark them.

/** `findings` with start and end → [{text, kind | null}] that joins to the whole text. Overlaps are cut short. */
export function pieces(text, findings) {
  const parts = [];
  let at = 0;
  for (const { start, end, kind } of [...findings].sort((a, b) => a.start - b.start)) {
    const from = Math.max(start, at);
    if (end <= from) continue;
    if (from > at) parts.push({ text: text.slice(at, from), kind: null });
    parts.push({ text: text.slice(from, end), kind });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), kind: null });
  return parts;
}
