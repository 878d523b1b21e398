// Reads CSV files of rows: into columns for the phone's own lists, since thousands of objects are costly on a cheap phone,
// and as rows for the engine, whose own reader is twenty times this size.

const DELIMITERS = [',', ';', '\t', '|'];

/** The rows of `source`, head line included; null where a quote is left open. */
function rowsOf(source, delimiter) {
  if (!source.includes('"')) return source.split(/\r\n|\n|\r/).map((line) => line.split(delimiter));
  const mark = delimiter === '|' ? '\\|' : delimiter;
  const cell = new RegExp(`("(?:[^"]|"")*"|[^"${mark}\\r\\n][^${mark}\\r\\n]*|)(${mark}|\\r?\\n|\\r|$)`, 'y');
  const rows = [];
  let row = [];
  for (;;) {
    const found = cell.exec(source);
    if (!found) return null;
    const [, text, end] = found;
    row.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (end === delimiter) continue;
    rows.push(row);
    row = [];
    if (end === '') return rows;
  }
}

/** The delimiter that cuts the head line into the most names. */
function guessed(source) {
  const [head] = source.split(/[\r\n]/, 1);
  return DELIMITERS.reduce((best, one) => (head.split(one).length > head.split(best).length ? one : best));
}

const plain = (text) => text.replace(/^\uFEFF/, '').replace(/[\r\n]+$/, '');

/** `text` → {count, columns: Map name → [text]}; null when it is no such file. */
export function table(text) {
  const source = plain(text);
  const rows = rowsOf(source, guessed(source));
  if (!rows) return null;
  const [head, ...body] = rows;
  const columns = new Map(head.map((name, at) => [name.trim(), body.map((row) => row[at] ?? '')]));
  return columns.size === head.length ? { count: body.length, columns } : null;
}

/** What the engine asks of a reader: {data: rows, errors: [], meta: {delimiter}}. Throws Error where a quote is left open. */
export function parse(text, { delimiter, preview = Infinity } = {}) {
  const source = plain(text);
  const used = delimiter ?? guessed(source);
  const data = rowsOf(source, used);
  if (!data) throw new Error('CSV: a quote is left open');
  return { data: data.slice(0, preview), errors: [], meta: { delimiter: used } };
}
