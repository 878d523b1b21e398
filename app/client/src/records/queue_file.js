// Every record that waits, of whatever account, in one file for an officer to load; nothing in it but seals and their labels.
import { database } from './database.js';

export const FORMAT = 'diaban queue 1';

/** The pieces of the file: a line of JSON, then each record's seal followed by those of its files. */
export function pieces(envelopes, parts, madeAt) {
  const records = envelopes.map(({ id, account, form, madeAt: at, keyId, sha256, bytes, files }) => ({
    id,
    account,
    form,
    madeAt: at,
    keyId,
    sha256,
    size: bytes.length,
    files,
  }));
  const line = `${JSON.stringify({ format: FORMAT, madeAt, records })}\n`;
  const bodies = envelopes.flatMap(({ bytes, files }) => [bytes, ...files.map(({ part }) => parts.get(part))]);
  return [new TextEncoder().encode(line), ...bodies];
}

/** A File with the whole queue, or with the record `only` (an id); null when nothing waits. Works while locked. */
export async function queueFile(now = new Date(), only = null) {
  const tx = (await database()).transaction(['sealed', 'parts']);
  const [all, rows] = await Promise.all([tx.objectStore('sealed').getAll(), tx.objectStore('parts').getAll()]);
  const envelopes = only === null ? all : all.filter(({ id }) => id === only);
  if (!envelopes.length) return null;
  const parts = new Map(rows.map(({ hash, bytes }) => [hash, bytes]));
  const stamp = new Date(now.getTime() + 7 * 3600_000).toISOString();
  const name = `phieu-chua-gui-${stamp.slice(0, 10).replaceAll('-', '')}-${stamp.slice(11, 16).replace(':', '')}.diaban`;
  return new File(pieces(envelopes, parts, now.toISOString()), name, { type: 'application/octet-stream' });
}

/** Hands the file to the person: the share sheet where files are saved through it (iPhone), else a download. */
export async function hand(file) {
  const phone = matchMedia('(pointer: coarse)').matches && navigator.maxTouchPoints > 0;
  if (phone && /iPhone|iPad|Macintosh/.test(navigator.userAgent) && navigator.canShare?.({ files: [file] })) {
    await navigator.share({ files: [file], title: file.name });
    return;
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
