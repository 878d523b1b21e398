// A form's instance for a feature that exists: its answers filled in, and which version of it they are.

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const isTemplate = (element) => [...element.attributes].some(({ localName }) => localName === 'template');

/** Today as a form holds a day, by the phone's own clock. */
export function today(now = new Date()) {
  const two = (number) => String(number).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/**
 * The XML of an instance of the form `xform` (its text) that updates `feature` ({id, version, answers}). The engine works
 * out the rest; what the phone wasn't told (free text of reports, very small counts) stays empty and changes nothing.
 */
export function instanceOf(xform, feature, { day = today(), instanceID = `uuid:${crypto.randomUUID()}` } = {}) {
  const model = new DOMParser().parseFromString(xform, 'text/xml').getElementsByTagNameNS('*', 'instance')[0];
  const given = { ...feature.answers, visited: feature.id, observed_on: day, instanceID };
  const entity = { id: feature.id, update: '1', create: '', baseVersion: feature.version };
  const written = (element) => {
    const name = element.localName;
    const attributes = [...element.attributes]
      .filter(({ prefix, name: own }) => !prefix && !own.startsWith('xmlns'))
      .map(({ name: own, value }) => ` ${own}="${escaped(name === 'entity' ? (entity[own] ?? value) : value)}"`);
    const inner = element.children.length
      ? [...element.children].filter((child) => !isTemplate(child)).map(written).join('')
      : escaped(given[name] ?? element.textContent);
    return `<${name}${attributes.join('')}>${inner}</${name}>`;
  };
  return written(model.firstElementChild);
}
