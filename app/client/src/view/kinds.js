// Which control shows a node of the form. One literal list; a kind not in it is named to the user as not supported.
import { listOf } from '../engine/beside.js';

const INPUTS = {
  string: 'text',
  int: 'whole',
  decimal: 'decimal',
  date: 'date',
  time: 'time',
  dateTime: 'moment',
  geopoint: 'point',
  geoshape: 'shape',
  geotrace: 'trace',
  // Typed as text. Forms with codes to scan are refused on upload: a card's code holds its owner.
  barcode: 'text',
  boolean: 'text',
  intent: 'text',
  binary: 'text',
};
const UPLOADS = { image: 'photo', audio: 'audio', video: 'video' };
const RADIOS_AT_MOST = 6;
const BOXES_AT_MOST = 12;
// Asked for by the form, however many there are: every choice stays in sight.
const SPREAD = ['likert', 'compact', 'horizontal', 'horizontal-compact', 'columns', 'columns-pack', 'list-nolabel'];

const has = (node, appearance) => Boolean(node.appearances?.[appearance]);
const spread = (node) =>
  SPREAD.some((appearance) => has(node, appearance)) || [...(node.appearances ?? [])].some((name) => /^columns-\d+$/.test(name));

function textKind(node) {
  return has(node, 'multiline') || (node.nodeOptions?.rows ?? 1) > 1 ? 'lines' : 'text';
}

function inputKind(node) {
  const list = listOf(node);
  if (list && has(node, 'label')) return headKind(node);
  if (list) return choiceKind(node, list.several, list.filtered, list.count);
  return node.valueType === 'string' ? textKind(node) : (INPUTS[node.valueType] ?? 'unsupported');
}

// A filtered list (hamlets of a commune) changes its length: it stays a picker however short it gets.
function choiceKind(node, several, filtered, count) {
  const asked = has(node, 'minimal') || has(node, 'autocomplete') || has(node, 'search');
  const many = !spread(node) && count > (several ? BOXES_AT_MOST : RADIOS_AT_MOST);
  return `${asked || (filtered && !several) || many ? 'picker' : 'choice'}${several ? 's' : ''}`;
}

const headKind = (node) => (node.currentState.label?.asString.trim() ? 'head' : 'nothing');

function selectKind(node) {
  // The head of a table of questions: each of them names its own choices here.
  if (has(node, 'label')) return headKind(node);
  const { isSelectWithImages, valueOptions } = node.currentState;
  const filtered = /\[/.test(node.definition.bodyElement.itemset?.reference ?? '');
  return choiceKind(node, node.selectType === 'select', filtered, isSelectWithImages ? 0 : valueOptions.length);
}

// In a layer's own form the feature to update is chosen on a screen of ours; only ODK Collect asks for it in the form.
const choosesVisited = (node) =>
  nameOf(node) === 'visited' && node.root.currentState.children.some((other) => nameOf(other) === 'new_id');

/** The kind of `node`: a key of the controls in Question.vue, or 'group', 'repeat', 'nothing', 'unsupported'. */
export function kindOf(node) {
  if (choosesVisited(node)) return 'nothing';
  switch (node.nodeType) {
    case 'group':
      return 'group';
    case 'repeat-range:controlled':
    case 'repeat-range:uncontrolled':
      return 'repeat';
    case 'model-value':
      return 'nothing';
    case 'note':
      return 'note';
    case 'select':
      return selectKind(node);
    case 'trigger':
      return 'trigger';
    case 'range':
      return 'range';
    case 'rank':
      return 'rank';
    case 'upload':
      return UPLOADS[node.nodeOptions.media.type] ?? 'file';
    case 'input':
      return inputKind(node);
    default:
      return 'unsupported';
  }
}

/** The question's name: the last step of its path. */
export const nameOf = (node) =>
  node.currentState.reference
    .split('/')
    .at(-1)
    .replace(/\[\d+\]$/, '');
