// Finding one of thousands of features by name or place, without marks.
import { unmarked } from '../text/unmarked.js';

/** The rows (with `folded`) that hold every word of `query`, those whose name begins with it first; order stays. */
export function found(rows, query) {
  const wanted = unmarked(query);
  if (!wanted) return rows;
  const words = wanted.split(' ');
  const first = [];
  const rest = [];
  for (const row of rows) {
    if (!words.every((word) => row.folded.includes(word))) continue;
    (row.folded.startsWith(wanted) ? first : rest).push(row);
  }
  return first.concat(rest);
}
