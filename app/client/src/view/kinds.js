// Which control shows a node of the form. One literal list; a kind not in it is named to the user as not supported.

const INPUTS = { int: 'whole', decimal: 'decimal', date: 'date', geopoint: 'point', geoshape: 'shape' };
const RADIOS_AT_MOST = 6;
const BOXES_AT_MOST = 12;

function textKind(node) {
  return node.appearances?.multiline || (node.nodeOptions?.rows ?? 1) > 1 ? 'lines' : 'text';
}

// A filtered list (hamlets of a commune) changes its length: it stays a picker however short it gets.
function choiceKind(node) {
  const filtered = /\[/.test(node.definition.bodyElement.itemset?.reference ?? '');
  const asked = node.appearances?.minimal || node.appearances?.autocomplete || node.appearances?.search;
  return asked || filtered || node.currentState.valueOptions.length > RADIOS_AT_MOST ? 'picker' : 'choice';
}

const choicesKind = (node) => (node.currentState.valueOptions.length > BOXES_AT_MOST ? 'pickers' : 'choices');

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
      return node.selectType === 'select' ? choicesKind(node) : choiceKind(node);
    case 'trigger':
      return 'trigger';
    case 'upload':
      return node.nodeOptions.media.type === 'image' ? 'photo' : 'file';
    case 'input':
      return node.valueType === 'string' ? textKind(node) : (INPUTS[node.valueType] ?? 'unsupported');
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
