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
  barcode: 'barcode',
  // Kinds without a control of their own in any client: what stands in the form is text.
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
  if (list) return list.several ? 'pickers' : 'picker';
  return node.valueType === 'string' ? textKind(node) : (INPUTS[node.valueType] ?? 'unsupported');
}

// A filtered list (hamlets of a commune) changes its length: it stays a picker however short it gets.
function selectKind(node) {
  // The head of a table of questions: each of them names its own choices here.
  if (has(node, 'label')) return 'head';
  const several = node.selectType === 'select';
  const filtered = !several && /\[/.test(node.definition.bodyElement.itemset?.reference ?? '');
  const most = several ? BOXES_AT_MOST : RADIOS_AT_MOST;
  const asked = has(node, 'minimal') || has(node, 'autocomplete') || has(node, 'search');
  const many = !spread(node) && !node.currentState.isSelectWithImages && node.currentState.valueOptions.length > most;
  return `${asked || filtered || many ? 'picker' : 'choice'}${several ? 's' : ''}`;
}

// In a layer's own form the feature to update is chosen on a screen of ours; only ODK Collect asks for it in the form.
const choosesVisited = (node) =>
  nameOf(node) === 'visited' && node.root.currentState.children.some((other) => nameOf(other) === 'new_id');

/** The kind of `node`: a key of the controls in Question.vue, or 'group', 'repeat', 'nothing', 'unsupported'. */
export function kindOf(node) {
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
      return choosesVisited(node) ? 'nothing' : selectKind(node);
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
