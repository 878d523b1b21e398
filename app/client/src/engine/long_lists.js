// Takes long lists of choices out of a form before the engine reads it, and short ones that many questions share: there each
// row of each question costs a cheap phone half a millisecond, here it is a line in an array. The question stays, as a text
// the control writes. What the phone can't filter itself, or the form uses elsewhere, is left to the engine.
import { table } from '../text/csv.js';
import { LongList } from './list.js';
import { turns } from './turns.js';

const LONG_FORM = 60_000; // characters
const MANY = 60; // rows × questions that offer them
const CONTROLS = new Set(['input', 'select', 'select1', 'range', 'upload', 'trigger', 'rank']);
const ITEMS = /^instance\(\s*'([^']+)'\s*\)\/root\/item\s*(?:\[([^[\]]*)\])?$/;
const NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
const PATH = /^(?:\/[\p{L}\p{N}_.-]+)+$|^current\(\)\/\.\.(?:\/(?:\.\.|[\p{L}\p{N}_.-]+))+$/u;
const ITEXT = /^jr:itext\(\s*([\p{L}_][\p{L}\p{N}_.-]*)\s*\)$/u;

/**
 * {xml, attachment, lists: Map path → LongList}: the form without its long lists, and `attachment(name)` → Promise<Response>
 * that doesn't fetch again what was read here.
 */
export async function withoutLongLists(xml, attachment) {
  if (!xml.includes('<itemset')) return { xml, attachment, lists: new Map() };
  const read = new Map();
  const once = (name) => {
    if (!read.has(name)) read.set(name, attachment(name).then((response) => (response.ok ? response.text() : null)));
    return read.get(name);
  };
  const again = async (name) => {
    const text = await (read.get(name) ?? null);
    return text === null ? attachment(name) : new Response(text, { headers: { 'Content-Type': 'text/csv' } });
  };
  const cut = xml.length < LONG_FORM ? { xml, lists: new Map() } : await (await import('./cutting.js')).cutLists(xml);
  const taken = await take(cut.xml, cut.lists, once);
  // A list that was cut but is the engine's after all: then from the whole form.
  const { text, lists } = taken.left ? await take(xml, new Map(), once) : taken;
  return { xml: text, attachment: again, lists };
}

async function take(xml, cut, once) {
  const lists = new Map();
  const form = formOf(new DOMParser().parseFromString(xml, 'text/xml'));
  const turn = turns();
  let left = false;
  for (const [id, instance] of form.instances) {
    await turn();
    const rows = cut.get(id) ?? (await rowsOf(instance, once));
    const asked = rows && questionsOf(form, id);
    const fit = asked && asked.every((one) => fits(one, rows)) && rows.count * asked.length > MANY;
    const translated = fit ? takeTexts(form, rows, asked) : undefined;
    if (translated === undefined) {
      left ||= cut.has(id);
      continue;
    }
    for (const one of asked) {
      lists.set(one.path, new LongList({ ...one, rows, translated }));
      asText(form, one);
    }
    instance.remove();
  }
  return { lists, left, text: lists.size ? new XMLSerializer().serializeToString(form.doc) : xml };
}

/** What is looked for again and again, found in one pass. */
function formOf(doc) {
  const form = { doc, instances: new Map(), controls: new Map(), binds: new Map(), translations: [], using: [], naming: '' };
  for (const element of doc.getElementsByTagName('*')) {
    const name = element.localName;
    if (name === 'instance' && element.hasAttribute('id')) form.instances.set(element.getAttribute('id'), element);
    else if (name === 'bind') form.binds.set(element.getAttribute('nodeset'), element);
    else if (name === 'translation') form.translations.push(element);
    else if (CONTROLS.has(name)) form.controls.set(element.getAttribute('ref'), element);
    for (const { name: attribute, value } of element.attributes) {
      if (value.includes('instance(')) form.using.push({ element, attribute, value });
      if (value.includes('choice-name')) form.naming += ` ${value}`;
    }
  }
  return form;
}

/** What asks for the rows of the instance `id`; null where anything else than a question's own list does. */
function questionsOf(form, id) {
  const calls = [`instance('${id}')`, `instance("${id}")`];
  const asked = [];
  for (const { element, attribute, value } of form.using) {
    if (!calls.some((call) => value.replace(/\(\s+|\s+\)/g, (space) => space.trim()).includes(call))) continue;
    const one = element.localName === 'itemset' && attribute === 'nodeset' && questionOf(form, element);
    if (!one) return null;
    asked.push(one);
  }
  return asked.length ? asked : null;
}

/** {itemset, path, several, value, label | text, conditions: [{column, path | literal}]}; null where it is cleverer. */
function questionOf(form, itemset) {
  const control = itemset.parentElement;
  const several = control.localName === 'select';
  if (!several && control.localName !== 'select1') return null;
  const path = control.getAttribute('ref') ?? '';
  const child = (name) => [...itemset.children].find(({ localName }) => localName === name)?.getAttribute('ref') ?? '';
  const label = child('label');
  const text = label.match(ITEXT)?.[1];
  const conditions = conditionsOf(itemset.getAttribute('nodeset').trim().match(ITEMS), path);
  if (!path.startsWith('/') || !conditions || !NAME.test(child('value')) || !(text || NAME.test(label))) return null;
  // A filter by what nobody is asked could change unseen, and the name of a choice is the engine's to know.
  if (conditions.some((one) => one.path && !form.controls.has(one.path))) return null;
  if (form.naming.includes(path.split('/').at(-1))) return null;
  return { itemset, path, several, value: child('value'), label, text, conditions };
}

function conditionsOf(found, path) {
  if (!found) return null;
  if (!found[2]) return [];
  const all = found[2].split(/\s+and\s+/).map((part) => {
    const sides = part.split('=').map((side) => side.trim());
    if (sides.length !== 2 || /[<>!|+]/.test(part)) return null;
    const [column, other] = NAME.test(sides[0]) ? sides : sides.reverse();
    if (!NAME.test(column)) return null;
    const literal = other.match(/^'([^']*)'$|^"([^"]*)"$/);
    if (literal) return { column, literal: literal[1] ?? literal[2] };
    return PATH.test(other) ? { column, path: absolute(other, path) } : null;
  });
  return all.includes(null) ? null : all;
}

/** "current()/../commune" asked at /data/house/hamlet → /data/house/commune. */
function absolute(other, path) {
  if (other.startsWith('/')) return other;
  const steps = path.split('/').slice(1);
  for (const step of other.split('/').slice(1)) {
    if (step === '..') steps.pop();
    else steps.push(step);
  }
  return `/${steps.join('/')}`;
}

async function rowsOf(instance, once) {
  const src = instance.getAttribute('src');
  if (src === null) {
    const items = [...(instance.firstElementChild?.children ?? [])];
    const names = new Set(items.flatMap((item) => [...item.children].map(({ localName }) => localName)));
    const columns = new Map([...names].map((name) => [name, []]));
    for (const item of items) {
      const cells = new Map([...item.children].map((cell) => [cell.localName, cell.textContent]));
      for (const [name, column] of columns) column.push(cells.get(name) ?? '');
    }
    return { count: items.length, columns };
  }
  if (!/^jr:\/\/file-csv\/[^/]+$/.test(src)) return null;
  const text = await once(decodeURIComponent(src.split('/').at(-1)));
  return text === null ? null : table(text);
}

const fits = ({ value, label, text, conditions }, { columns }) =>
  [value, text ?? label, ...conditions.map(({ column }) => column)].every((name) => columns.has(name));

/**
 * The labels of the rows by language, taken out of the form's texts; null where rows hold their label themselves, undefined
 * where a label has a picture or a voice, which is the engine's to tell.
 */
function takeTexts(form, rows, asked) {
  const column = asked.find(({ text }) => text)?.text;
  if (!column) return null;
  const wanted = new Set(rows.columns.get(column));
  const languages = new Map(rows.texts ?? []);
  const taken = [];
  for (const translation of form.translations) {
    const lang = translation.getAttribute('lang');
    const texts = languages.get(lang) ?? new Map();
    for (const text of translation.children) {
      const id = text.getAttribute('id');
      if (!wanted.has(id)) continue;
      if (text.children.length !== 1 || text.children[0].hasAttribute('form')) return undefined;
      texts.set(id, text.textContent);
      taken.push(text);
    }
    languages.set(lang, texts);
  }
  for (const text of taken) text.remove();
  return languages;
}

/** The choice becomes a text; what it is filtered by empties it when it changes, as the engine would. */
function asText(form, { itemset, path, conditions }) {
  const control = form.controls.get(path);
  itemset.remove();
  const input = form.doc.createElementNS(control.namespaceURI, 'input');
  for (const { name, value } of control.attributes) input.setAttribute(name, value);
  input.append(...control.childNodes);
  control.replaceWith(input);
  form.controls.set(path, input);
  for (const { path: source } of conditions) {
    if (!source) continue;
    const emptied = form.doc.createElementNS(control.namespaceURI, 'setvalue');
    emptied.setAttribute('event', 'xforms-value-changed');
    emptied.setAttribute('ref', path);
    form.controls.get(source).append(emptied);
  }
  form.binds.get(path)?.setAttribute('type', 'string');
}
