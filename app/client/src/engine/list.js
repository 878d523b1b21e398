// One long list of choices behind a question, outside the engine: its rows, filtered by other answers, found by words.
import { unmarked } from '../text/unmarked.js';

const SLICE_MS = 12;
const pause = () => new Promise((resume) => setTimeout(resume));

export class LongList {
  constructor({ several, value, label, text, conditions, rows, translated }) {
    this.several = several;
    this.conditions = conditions;
    this.filtered = conditions.length > 0;
    this.count = rows.count;
    this.values = rows.columns.get(value);
    this.columns = rows.columns;
    this.labels = text ? null : rows.columns.get(label);
    this.texts = text ? { ids: rows.columns.get(text), translated } : null;
    this.groups = new Map();
    this.folded = new Map();
    this.places = null;
  }

  /** The label of row `at` in a language of the form. */
  labelAt(at, language) {
    if (this.labels) return this.labels[at];
    const id = this.texts.ids[at];
    return this.texts.translated.get(language)?.get(id) ?? id;
  }

  /** The row of a value; -1 for none. */
  rowOf(value) {
    this.places ??= new Map(this.values.map((one, at) => [one, at]));
    return this.places.get(value) ?? -1;
  }

  /** The rows that fit: their numbers in the order of the list. `answerAt(path)` is another question's answer. */
  rows(answerAt) {
    let found = null;
    for (const { column, path, literal } of this.conditions) {
      const wanted = path === undefined ? literal : answerAt(path);
      const group = this.grouped(column).get(wanted) ?? [];
      const both = found && new Set(found);
      found = both ? group.filter((at) => both.has(at)) : group;
    }
    this.all ??= [...Array(this.count).keys()];
    return found ?? this.all;
  }

  grouped(column) {
    if (!this.groups.has(column)) {
      const groups = new Map();
      this.columns.get(column).forEach((value, at) => {
        if (groups.has(value)) groups.get(value).push(at);
        else groups.set(value, [at]);
      });
      this.groups.set(column, groups);
    }
    return this.groups.get(column);
  }

  /** What a search looks through, [{item: row, folded}], made a few at a time so that nothing else has to wait. */
  async index(rows, language) {
    if (!this.folded.has(language)) this.folded.set(language, []);
    const folded = this.folded.get(language);
    const index = [];
    let until = performance.now() + SLICE_MS;
    for (const at of rows) {
      folded[at] ??= unmarked(this.labelAt(at, language));
      index.push({ item: at, folded: folded[at] });
      if (performance.now() > until) {
        await pause();
        until = performance.now() + SLICE_MS;
      }
    }
    return index;
  }
}
