// The list of features a form may update, as the form's engine wants it: of the one that is visited, or of none.

const ENTITY = /<entity\b[^>]*\bdataset="(\w+)"/;
const XML = 'xml_submission_file';
const ID = /^[0-9a-f-]{36}$/i;

/** {id, version} of the feature that an instance (its files, the XML among them) updates; null where it adds one. */
export async function visitOf(files) {
  const xml = files?.find(({ name }) => name === XML);
  if (!xml) return null;
  const [entity] = new DOMParser().parseFromString(await xml.text(), 'text/xml').getElementsByTagNameNS('*', 'entity');
  if (!['1', 'true'].includes(entity?.getAttribute('update'))) return null;
  const [id, version] = ['id', 'baseVersion'].map((name) => entity.getAttribute(name) ?? '');
  return ID.test(id) ? { id, version: /^\d*$/.test(version) ? version : '' } : null;
}

/**
 * `attachment` (name → Promise<Response>) with the form's own list of features made here: the phone keeps all features
 * encrypted and the engine would be slow with thousands, so it is given only the one that is visited.
 */
export function withFeatures(xml, attachment, visit = null) {
  const list = `${xml.match(ENTITY)?.[1]}.csv`;
  return async (name) => {
    if (name !== list) return attachment(name);
    if (visit) return csv(`${visit.id},${visit.id},${visit.version}\n`);
    const response = await attachment(name);
    return response.status === 404 ? csv('') : response;
  };
}

const csv = (rows) =>
  new Response(`name,label,__version\n${rows}`, { headers: { 'Content-Type': 'text/csv; charset=utf-8' } });
