// Bytes with a line of JSON before them.
import { joined } from '../vault/seal.js';

const NEWLINE = 10;

/** JSON of `header`, a newline, `rest` (Uint8Array). */
export function headed(header, rest) {
  return joined(new TextEncoder().encode(`${JSON.stringify(header)}\n`), rest);
}

/** {header, rest} of bytes made by `headed`. */
export function unheaded(bytes) {
  const end = bytes.indexOf(NEWLINE);
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))), rest: bytes.subarray(end + 1) };
}
