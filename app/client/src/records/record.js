// A filled form as it will be sent: bytes, hashes and names, free of the engine and of any view.
import { sha256 } from '../transport/receipt.js';

/** A record of the form `form` from the engine's root; the XML File is the very one that is hashed and sent. */
export async function recordOf(root, form) {
  const { data } = await root.prepareInstancePayload();
  const entries = [...data[0].entries()];
  const xml = data[0].get('xml_submission_file');
  const files = entries.filter(([name]) => name !== 'xml_submission_file').map(([, file]) => file);
  const attachments = new Map();
  for (const file of files) attachments.set(file.name, await sha256(await file.arrayBuffer()));
  return {
    instanceID: instanceIDIn(await xml.text()),
    form: { id: form.id, title: form.title, version: form.version },
    madeAt: new Date().toISOString(),
    sha256: await sha256(await xml.arrayBuffer()),
    xml,
    files,
    attachments,
  };
}

function instanceIDIn(text) {
  const doc = new DOMParser().parseFromString(text, 'text/xml');
  return [...doc.getElementsByTagName('*')].find((element) => element.localName === 'instanceID')?.textContent ?? '';
}
