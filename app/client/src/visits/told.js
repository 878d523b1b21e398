// A feature's answers in the words of its form.

const named = (element, name) => [...element.getElementsByTagNameNS('*', name)];
const child = (element, name) => [...element.children].find(({ localName }) => localName === name);

/** `answers` (question → answer) as [{question, label, said}], in the form's order; `language` vi or en. */
export function told(xform, answers, language) {
  const form = new DOMParser().parseFromString(xform, 'text/xml');
  const text = textsOf(form, language);
  const lines = [];
  for (const control of ['input', 'select1', 'select', 'range', 'rank'].flatMap((kind) => named(form, kind))) {
    const question = control.getAttribute('ref')?.split('/').at(-1);
    const answer = answers[question];
    if (answer === undefined || ['commune', 'hamlet', 'geometry'].includes(question)) continue;
    const label = text(child(control, 'label'));
    const chosen = control.localName === 'input' ? null : choicesOf(form, control, text);
    const said = chosen ? answer.split(' ').map((code) => chosen.get(code) ?? code).join(', ') : plain(answer);
    lines.push({ question, label, said, at: lines.length });
  }
  return lines;
}

const plain = (answer) => (/^\d{4}-\d\d-\d\d$/.test(answer) ? answer.split('-').reverse().join('/') : answer);

function textsOf(form, language) {
  const translations = named(form, 'translation');
  const chosen = translations.find((one) => one.getAttribute('lang')?.includes(`(${language})`)) ?? translations[0];
  const texts = new Map(chosen ? named(chosen, 'text').map((one) => [one.getAttribute('id'), one]) : []);
  return (label) => {
    const [, id] = label?.getAttribute('ref')?.match(/jr:itext\('(.+)'\)/) ?? [];
    return ((id ? texts.get(id) && child(texts.get(id), 'value') : label)?.textContent ?? '').trim();
  };
}

function choicesOf(form, control, text) {
  const [, list] = child(control, 'itemset')?.getAttribute('nodeset')?.match(/instance\('(\w+)'\)/) ?? [];
  const instance = named(form, 'instance').find((one) => one.getAttribute('id') === list);
  const items = instance ? named(instance, 'item') : [];
  return new Map(
    items.map((item) => {
      const id = child(item, 'itextId')?.textContent;
      const label = id ? text({ getAttribute: () => `jr:itext('${id}')` }) : child(item, 'label')?.textContent;
      return [child(item, 'name')?.textContent, label];
    }),
  );
}
