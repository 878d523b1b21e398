// Reads the OpenRosa documents the server answers with.

const RECEIPT = 'urn:diaban:receipt';

function parsed(text) {
  const doc = new DOMParser().parseFromString(text, 'text/xml');
  return doc.getElementsByTagName('parsererror').length ? null : doc;
}

const children = (element, name) => [...element.children].filter((child) => child.localName === name);
const textOf = (element, name) => children(element, name)[0]?.textContent.trim() ?? '';

/** formList text → [{id, title, version, hash, downloadUrl, manifestUrl | ''}]; null when it is no form list. */
export function readFormList(text) {
  const root = parsed(text)?.documentElement;
  if (root?.localName !== 'xforms') return null;
  return children(root, 'xform').map((form) => ({
    id: textOf(form, 'formID'),
    title: textOf(form, 'name'),
    version: textOf(form, 'version'),
    hash: textOf(form, 'hash'),
    downloadUrl: textOf(form, 'downloadUrl'),
    manifestUrl: textOf(form, 'manifestUrl'),
  }));
}

/** Manifest text → Map file name → {hash, downloadUrl}; null when it is no manifest. */
export function readManifest(text) {
  const root = parsed(text)?.documentElement;
  if (root?.localName !== 'manifest') return null;
  return new Map(
    children(root, 'mediaFile').map((file) => [
      textOf(file, 'filename'),
      { hash: textOf(file, 'hash'), downloadUrl: textOf(file, 'downloadUrl') },
    ]),
  );
}

/** The server's sentence in an OpenRosaResponse, else ''. */
export function readMessage(text) {
  const root = parsed(text)?.documentElement;
  return root?.localName === 'OpenRosaResponse' ? textOf(root, 'message') : '';
}

/** The receipt in an OpenRosaResponse → {instanceID, sha256, code, attachments: Map}; null when there is none. */
export function readReceipt(text) {
  const root = parsed(text)?.documentElement;
  if (root?.localName !== 'OpenRosaResponse') return null;
  const receipt = root.getElementsByTagNameNS(RECEIPT, 'receipt')[0];
  if (!receipt) return null;
  return {
    instanceID: receipt.getAttribute('instanceID') ?? '',
    sha256: (receipt.getAttribute('sha256') ?? '').toLowerCase(),
    code: receipt.getAttribute('code') ?? '',
    attachments: new Map(
      [...receipt.children]
        .filter((child) => child.localName === 'attachment')
        .map((child) => [child.getAttribute('name'), (child.getAttribute('sha256') ?? '').toLowerCase()]),
    ),
  };
}
