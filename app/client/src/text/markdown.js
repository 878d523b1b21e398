// The Markdown of form labels and hints as a small tree. Text stays text: no HTML, no address and no style comes through.

// A backslash escape, strong, emphasis, a link, a known tag, a line's end. No lookbehind: older iPhones can't read it.
const INLINE =
  /\\([\\`*_{}[\]()#+.!<>~-])|(\*\*|__)(\S(?:[^]*?\S)?)\2|([*_])(\S(?:[^]*?\S)?)\4|\[([^\]]*)\]\(([^()\s]*)\)|<(b|strong|i|em|u|span|font|p|div)(?:\s[^<>]*)?>([^]*?)<\/\8\s*>|<br\s*\/?>|\n/gi;
const TAGS = { b: 'strong', strong: 'strong', i: 'em', em: 'em', u: 'u' };
const LETTER = /[\p{L}\p{N}]/u;
const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;

// What was answered and is only quoted in a label holds no markup, whatever its characters are.
const QUOTED = /\uE000(\d+)\uE001/;

/**
 * `chunks` ({source, asString}) → blocks {tag: 'p' | 'h' | 'ul' | 'ol', level?, children}; a child is a text, or
 * {tag: 'strong' | 'em' | 'u' | 'br' | 'li', children}. One line without a block's mark is one 'p'.
 */
export function markdown(chunks) {
  const quoted = [];
  const source = [...chunks]
    .map(({ source: from, asString }) => {
      if (from !== 'output') return asString.replace(/[\uE000\uE001]/g, '');
      quoted.push(asString);
      return `\uE000${quoted.length - 1}\uE001`;
    })
    .join('');
  // Nothing to mark up, as in most labels.
  if (!/[*_#<[\\\n]|^\s*(?:[-+]|\d+[.)])\s/.test(source)) return [{ tag: 'p', children: leaves(source, quoted) }];
  return blocks(source.replace(/\r\n?/g, '\n').trim(), quoted);
}

function blocks(source, quoted) {
  const out = [];
  let lines = [];
  const close = () => {
    if (lines.length) out.push({ tag: 'p', children: inline(lines.join('\n'), quoted) });
    lines = [];
  };
  for (const line of source.split('\n')) {
    const heading = line.match(HEADING);
    const bullet = line.match(BULLET);
    const item = bullet ?? line.match(NUMBER);
    if (heading) {
      close();
      out.push({ tag: 'h', level: heading[1].length, children: inline(heading[2], quoted) });
    } else if (item) {
      close();
      const tag = bullet ? 'ul' : 'ol';
      const last = out.at(-1);
      const list = last?.tag === tag && last.open ? last : { tag, open: true, children: [], source: line };
      if (list !== last) out.push(list);
      list.children.push({ tag: 'li', children: inline(item[1], quoted) });
    } else if (line.trim() === '') {
      close();
      if (out.length) out.at(-1).open = false;
    } else lines.push(line.trim());
  }
  close();
  // "3. Trường học" is a question's number, not a list of one.
  return out.map((block) =>
    block.tag === 'ol' && block.children.length === 1
      ? { tag: 'p', children: inline(block.source.trim(), quoted) }
      : { tag: block.tag, level: block.level, children: block.children },
  );
}

function inline(text, quoted) {
  const out = [];
  let at = 0;
  INLINE.lastIndex = 0;
  const pattern = new RegExp(INLINE);
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const node = marked(found, text, quoted);
    if (!node) {
      // Only a mark's first sign was wrong: what follows may still hold one.
      pattern.lastIndex = found.index + 1;
      continue;
    }
    out.push(...leaves(text.slice(at, found.index), quoted), ...node);
    at = pattern.lastIndex;
  }
  return [...out, ...leaves(text.slice(at), quoted)];
}

/** The nodes of one match; null where underscores only join the parts of a name. */
function marked(found, text, quoted) {
  const [whole, escaped, strong, strongText, em, emText, link, address, tag, tagText] = found;
  if (escaped !== undefined) return [escaped];
  const joins = (strong ?? em)?.startsWith('_');
  const around = text.charAt(found.index - 1) + text.charAt(found.index + whole.length);
  if (joins && LETTER.test(around)) return null;
  if (strong) return [{ tag: 'strong', children: inline(strongText, quoted) }];
  if (em) return [{ tag: 'em', children: inline(emText, quoted) }];
  // The phone goes nowhere else: an address is shown, not followed.
  if (link !== undefined) {
    const named = inline(link, quoted);
    return address && address !== link ? [...named, ' (', ...leaves(address, quoted), ')'] : named;
  }
  if (tag) {
    const children = inline(tagText, quoted);
    return TAGS[tag.toLowerCase()] ? [{ tag: TAGS[tag.toLowerCase()], children }] : children;
  }
  return [{ tag: 'br', children: [] }];
}

function leaves(text, quoted) {
  return text
    .split(QUOTED)
    .map((part, index) => (index % 2 ? quoted[Number(part)] : part))
    .filter(Boolean);
}

/** The text of a tree alone: for names a screen reader says, and lists. */
export function plain(nodes) {
  return nodes
    .map((node) => (typeof node === 'string' ? node : node.tag === 'br' ? ' ' : plain(node.children)))
    .join('')
    .trim();
}
