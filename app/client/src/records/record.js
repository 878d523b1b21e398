// A filled form as it will be saved or sent: bytes, hashes and names, free of the engine and of any view.
import { sha256 } from '../transport/receipt.js';

/**
 * What the engine's root holds now: {xml: File, files: [File]}. `held` (Map name → File) are all files seen so far: the
 * engine gives only those changed since it opened the record, so the others are taken from there, and it learns the new.
 */
export async function contentsOf(root, held) {
  const { data } = await root.prepareInstancePayload();
  const xml = data[0].get('xml_submission_file');
  for (const [name, file] of data[0].entries()) if (name !== xml.name) held.set(name, file);
  const { instanceID, texts } = read(await xml.text());
  return { instanceID, xml, files: [...held.values()].filter(({ name }) => texts.has(name)) };
}

/** A record of the form `form` from the engine's root; the XML File is the very one that is hashed and sent. */
export async function recordOf(root, form, held = new Map()) {
  const { instanceID, xml, files } = await contentsOf(root, held);
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
