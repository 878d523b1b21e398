// Brings a returned record back as a draft: its answers and photos under a new instanceID that names the old one.
import { open } from '../engine/open.js';
import * as drafts from '../records/drafts.js';
import { contentsOf } from '../records/record.js';
import { ServerProblem, ask, bodyOf } from '../transport/asking.js';
import { sha256 } from '../transport/receipt.js';
import { form as fetchForm } from '../transport/server.js';
import { visitOf } from '../visits/entity_list.js';

const XML = 'xml_submission_file';

/** kind: 'corrected' (it waits for no correction any more), 'damaged' (a file isn't what the server keeps). */
export class CorrectionProblem extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/** The draft in which a record is corrected: one for each record, however often it is asked for. */
export const draftOf = ({ instanceID }) => `sua-${instanceID.replace(/^uuid:/, '')}`;

/** Where the draft is filled. */
export const addressOf = (record) => `#/phieu/${encodeURIComponent(record.form.id)}/${encodeURIComponent(draftOf(record))}`;

/** Makes the draft of a record of the list, unless it is there; its address. Throws ServerProblem, CorrectionProblem, Locked. */
export async function correct(record) {
  const id = draftOf(record);
  if (await drafts.load(id)) return addressOf(record);
  const { form, xml, files: listed, comment, problem, restricted } = await returned(record);
  const files = [new File([xml], XML, { type: 'text/xml' })];
  for (const file of listed) files.push(await fetched(file));
  const addressed = { ...form, ...addressesOf(form) };
  const { xml: xform, attachment } = await fetchForm(addressed);
  const root = await (await open(xform, attachment, await visitOf(files))).correct(files);
  const held = new Map(files.slice(1).map((file) => [file.name, file]));
  const now = await contentsOf(root, held);
  const about = { returned: { instanceID: record.instanceID, comment, why: problem?.message ?? null, restricted } };
  await drafts.save({ id, form: addressed, files: [now.xml, ...now.files], about });
  return addressOf(record);
}

const addressesOf = ({ id, version }) => {
  const at = `/openrosa/forms/${encodeURIComponent(id)}/${encodeURIComponent(version)}`;
  return { hash: '', downloadUrl: `${at}.xml`, manifestUrl: `${at}/manifest` };
};

async function returned({ instanceID }) {
  const address = `/survey/api/returned/${encodeURIComponent(instanceID)}`;
  const response = await ask(address, { headers: { Accept: 'application/json' }, cache: 'no-store' });
  if (response.status === 404) throw new CorrectionProblem('corrected');
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const found = await bodyOf(response, 'json');
  if (found?.instanceID !== instanceID) throw new ServerProblem('portal', { status: response.status });
  return found;
}

async function fetched({ name, type, address, sha256: hash }) {
  const response = await ask(address, { cache: 'no-store' });
  if (response.status === 404) throw new CorrectionProblem('corrected');
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const bytes = await bodyOf(response, 'arrayBuffer');
  if ((await sha256(bytes)) !== hash) throw new CorrectionProblem('damaged');
  return new File([bytes], name, { type });
}
