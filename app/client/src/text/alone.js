// The one choice that excludes all others, read from a question's own rule ("none of these").

const SELECTED = /selected\(\s*\.\s*,\s*(['"])([^'"]+)\1\s*\)/g;

/** The value in a rule such as `not(selected(., 'none') and count-selected(.) > 1)`; null where there is no such rule. */
export function aloneIn(rule) {
  if (!/count-selected\(\s*\.\s*\)/.test(rule)) return null;
  const named = new Set([...rule.matchAll(SELECTED)].map((found) => found[2]));
  return named.size === 1 ? [...named][0] : null;
}
