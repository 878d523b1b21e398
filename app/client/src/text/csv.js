// Reads a CSV file of rows into columns: thousands of rows cost a phone far less as arrays of text than as objects.

const CELL = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|\r|$)/y;

/** `text` with a head line and commas → {count, columns: Map name → [text]}; null when it is no such file. */
export function table(text) {
  const source = text.replace(/^\uFEFF/, '').replace(/[\r\n]+$/, '');
  const rows = source.includes('"') ? quoted(source) : source.split(/\r\n|\n|\r/).map((line) => line.split(','));
  if (!rows) return null;
  const [head, ...body] = rows;
  const columns = new Map(head.map((name, at) => [name.trim(), body.map((row) => row[at] ?? '')]));
  return columns.size === head.length ? { count: body.length, columns } : null;
}

function quoted(source) {
  const rows = [];
  let row = [];
  CELL.lastIndex = 0;
  for (;;) {
    const found = CELL.exec(source);
    if (!found) return null;
    const [, cell, end] = found;
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ',') continue;
    rows.push(row);
    row = [];
    if (end === '') return rows;
  }
}
