// A filled form as it will be sent: bytes, hashes and names, free of the engine and of any view.
import { sha256 } from '../transport/receipt.js';

/**
 * A record of the form `form` from the engine's root; the XML File is the very one that is hashed and sent.
 * `earlier` are the files of the record this one corrects: the engine leaves out those that stayed the same.
 */
export async function recordOf(root, form, earlier = []) {
  const { data } = await root.prepareInstancePayload();
  const xml = data[0].get('xml_submission_file');
  const { instanceID, texts } = read(await xml.text());
  const changed = [...data[0].entries()].filter(([name]) => name !== xml.name).map(([, file]) => file);
  const kept = earlier.filter(({ name }) => texts.has(name) && !changed.some((file) => file.name === name));
  const files = [...changed, ...kept];
  const attachments = new Map();
  for (const file of files) attachments.set(file.name, await sha256(await file.arrayBuffer()));
  return {
    instanceID,
    form,
    madeAt: new Date().toISOString(),
    sha256: await sha256(await xml.arrayBuffer()),
    xml,
    files,
    attachments,
  };
}

function read(text) {
  const leaves = [...new DOMParser().parseFromString(text, 'text/xml').getElementsByTagName('*')].filter(
    (element) => !element.children.length,
  );
  return {
    instanceID: leaves.find((element) => element.localName === 'instanceID')?.textContent ?? '',
    texts: new Set(leaves.map((element) => element.textContent)),
  };
}
