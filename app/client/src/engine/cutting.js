// Cuts the rows of long lists out of an XForm's text before it is parsed: a document of twelve thousand items takes a cheap
// phone a second to build. Reads only the plain shape that form makers write; anything else stays where it is.
import { turns } from './turns.js';

const LONG = 20_000; // characters
const INSTANCE = /<instance id="([^"]+)">\s*<root>/g;
const ITEM = /\s*<item>([^]*?)<\/item>/y;
const CELL = /\s*<([\p{L}_][\p{L}\p{N}_.-]*)>([^<]*)<\/\1>/uy;
const EMPTY = /\s*<([\p{L}_][\p{L}\p{N}_.-]*)\s*\/>/uy;
const TRANSLATION = /<translation\b[^>]*\blang="([^"]*)"[^>]*>/g;
const TEXT = /<text id="([^"]+)">\s*<value>([^<]*)<\/value>\s*<\/text>/g;
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const END = '</root>';

/** {xml, lists: Map instance id → {count, columns: Map name → [text], texts: Map language → Map id → label}}. */
export async function cutLists(xml) {
  const turn = turns();
  const lists = new Map();
  const kept = [];
  let at = 0;
  for (const found of xml.matchAll(INSTANCE)) {
    const from = found.index + found[0].length;
    const end = xml.indexOf(END, from);
    if (from < at || end - from < LONG) continue;
    const rows = await rowsOf(xml.slice(from, end), turn);
    if (!rows) continue;
    lists.set(decoded(found[1]), rows);
    kept.push(xml.slice(at, from));
    at = end;
  }
  if (!lists.size) return { xml, lists };
  kept.push(xml.slice(at));
  return { xml: await cutTexts(kept.join(''), lists, turn), lists };
}

async function rowsOf(source, turn) {
  const columns = new Map();
  let count = 0;
  ITEM.lastIndex = 0;
  const item = new RegExp(ITEM);
  let reached = 0;
  for (let found = item.exec(source); found; found = item.exec(source)) {
    if (!readCells(found[1], columns, count)) return null;
    count += 1;
    reached = item.lastIndex;
    await turn();
  }
  if (source.slice(reached).trim() !== '') return null;
  for (const column of columns.values()) for (let row = 0; row < count; row += 1) column[row] ??= '';
  return { count, columns, texts: new Map() };
}

function readCells(source, columns, row) {
  for (let at = 0; at < source.length;) {
    CELL.lastIndex = EMPTY.lastIndex = at;
    const found = CELL.exec(source) ?? EMPTY.exec(source);
    if (!found) return source.slice(at).trim() === '';
    if (!columns.has(found[1])) columns.set(found[1], []);
    columns.get(found[1])[row] = decoded(found[2] ?? '');
    at += found[0].length;
  }
  return true;
}

/** Takes the labels that only these rows use out of the form's texts. */
async function cutTexts(xml, lists, turn) {
  const owners = new Map();
  for (const list of lists.values()) for (const id of list.columns.get('itextId') ?? []) owners.set(id, list);
  if (!owners.size) return xml;
  const kept = [];
  let at = 0;
  for (const [head, lang] of [...xml.matchAll(TRANSLATION)].map((found) => [found, decoded(found[1])])) {
    const end = xml.indexOf('</translation>', head.index);
    const text = new RegExp(TEXT);
    text.lastIndex = head.index;
    for (let found = text.exec(xml); found && found.index < end; found = text.exec(xml)) {
      const list = owners.get(decoded(found[1]));
      if (list) {
        if (!list.texts.has(lang)) list.texts.set(lang, new Map());
        list.texts.get(lang).set(decoded(found[1]), decoded(found[2]));
        kept.push(xml.slice(at, found.index));
        at = text.lastIndex;
      }
      await turn();
    }
  }
  return [...kept, xml.slice(at)].join('');
}

const decoded = (text) =>
  text.includes('&')
    ? text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, number, name) =>
        hex ? String.fromCodePoint(parseInt(hex, 16)) : number ? String.fromCodePoint(Number(number)) : (NAMED[name] ?? whole),
      )
    : text;
