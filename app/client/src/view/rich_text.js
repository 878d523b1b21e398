// A form's Markdown as elements: built as a tree, so that nothing in a label can become markup of the page.
import { h } from 'vue';
import { markdown, plain } from '../text/markdown.js';

const children = (nodes) =>
  nodes.map((node) => (typeof node === 'string' ? node : h(node.tag, node.children.length ? children(node.children) : undefined)));

const flat = (block) =>
  block.tag === 'ul' || block.tag === 'ol'
    ? block.children.map((item, index) =>
        h('span', { class: 'rich-line' }, [block.tag === 'ol' ? `${index + 1}. ` : '• ', ...children(item.children)]),
      )
    : [h('span', { class: block.tag === 'h' ? 'rich-line rich-heading' : 'rich-line' }, children(block.children))];

/** `text`: a TextRange of the engine. Inside a label only phrases may stand (`block` false): lists become lines. */
export function RichText({ text, block }) {
  const blocks = text ? markdown(text) : [];
  if (!block) return blocks.length === 1 && blocks[0].tag === 'p' ? children(blocks[0].children) : blocks.flatMap(flat);
  return blocks.map((part) => h(part.tag === 'h' ? `h${Math.min(6, part.level + 2)}` : part.tag, children(part.children)));
}
RichText.props = { text: Object, block: Boolean };

/** A TextRange as plain text; '' for none. */
export const plainText = (text) => (text ? plain(markdown(text).flatMap((block) => [...block.children, { tag: 'br', children: [] }])) : '');
