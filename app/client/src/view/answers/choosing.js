// What a choice question offers and holds, whether its list is the engine's or the phone's own.
import { listOf } from '../../engine/beside.js';
import { indexed } from '../../text/unmarked.js';
import { plainText } from '../rich_text.js';

/** The question at `path` as seen from `node`: within the same items of the same repeats. */
function nodeAt(node, path) {
  // "/data/house[2]/hamlet" and "/data/house/commune" share the house.
  const own = node.currentState.reference.split('/');
  const steps = path.split('/').map((step, at) => (own[at]?.replace(/\[\d+\]$/, '') === step ? own[at] : step));
  let here = node.root;
  for (let depth = 3; depth <= steps.length && here; depth += 1) {
    const wanted = steps.slice(0, depth).join('/');
    const below = (one) => one.currentState.children ?? [];
    const range = (one) => one.nodeType.startsWith('repeat-range');
    here = below(here)
      .flatMap((child) => (range(child) ? below(child) : [child]))
      .find((child) => child.currentState.reference === wanted);
  }
  return here ?? null;
}

/**
 * {count, chosen, labelOf(value), has(value), choose(values), all(): [{value, text, label, media}],
 * index(): Promise<[{item, folded}]>, shown(item): {value, label}} for the select or listed question `node`; everything but the functions' results is read anew each time.
 */
export function choicesOf(node) {
  const list = listOf(node);
  return list ? listed(node, list) : held(node);
}

function held(node) {
  const options = () => node.currentState.valueOptions;
  return {
    get count() {
      return options().length;
    },
    get chosen() {
      return node.currentState.value;
    },
    has: (value) => Boolean(node.getValueOption(value)),
    labelOf: (value) => plainText(node.getValueOption(value)?.label) || value,
    choose: (values) => node.selectValues(values),
    index: async () => indexed(options().map((option) => ({ value: option.value, label: plainText(option.label) }))),
    shown: (item) => item,
    all: () =>
      options().map(({ value, label }) => ({
        value,
        text: label,
        label: plainText(label),
        media: Boolean(label.imageSource || label.audioSource || label.videoSource),
      })),
  };
}

function listed(node, list) {
  const language = () => node.root.currentState.activeLanguage.language;
  const rows = () => list.rows((path) => nodeAt(node, path)?.currentState.instanceValue ?? '');
  const labelOf = (value) => {
    const at = list.rowOf(value);
    return at < 0 ? value : list.labelAt(at, language());
  };
  return {
    get count() {
      return rows().length;
    },
    get chosen() {
      const text = node.currentState.instanceValue;
      return list.several ? text.split(' ').filter(Boolean) : text ? [text] : [];
    },
    has: (value) => list.rowOf(value) >= 0,
    labelOf,
    // In the order of the list, as the engine would write them.
    choose: (values) => node.setValue([...values].sort((a, b) => list.rowOf(a) - list.rowOf(b)).join(' ')),
    index: () => list.index(rows(), language()),
    shown: (at) => ({ value: list.values[at], label: list.labelAt(at, language()) }),
    all: () =>
      rows().map((at) => {
        const text = [{ source: 'literal', asString: list.labelAt(at, language()) }];
        return { value: list.values[at], text, label: plainText(text), media: false };
      }),
  };
}
