// A finished form: sealed to the server's public key, and in one step no draft any more but a record on its way.
import { sha256 } from '../transport/receipt.js';
import { seal } from '../vault/seal.js';
import { serverKey } from '../vault/server_keys.js';
import { current } from '../vault/vault.js';
import { durably } from './database.js';
import { forget, remove } from './drafts.js';
import { headed } from './headed.js';
import * as lastResort from './last_resort.js';
import { tell } from './news.js';

const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

/**
 * Seals `record` (of record.js) and its files, each by itself: {envelope, parts}, rows of `sealed` and `parts`.
 * `key` is the server's {id, jwk}; `author` its signed word on who writes.
 */
export async function sealed(record, { key, author, account }) {
  const { instanceID, form, madeAt } = record;
  const parts = [];
  const inside = [];
  const outside = [];
  for (const file of record.files) {
    const plain = await bytesOf(file);
    const bytes = await seal(key.jwk, plain, `part ${instanceID}/${file.name}`);
    const hash = await sha256(bytes);
    const told = { name: file.name, sha256: record.attachments.get(file.name), part: hash };
    parts.push({ hash, record: instanceID, bytes });
    inside.push({ ...told, bytes: plain.length });
    outside.push({ ...told, bytes: bytes.length });
  }
  const header = {
    author,
    instanceID,
    formId: form.id,
    version: form.version,
    madeAt,
    sha256: record.sha256,
    files: inside,
  };
  const bytes = await seal(key.jwk, headed(header, await bytesOf(record.xml)), `record ${instanceID}`);
  const envelope = {
    id: instanceID,
    account,
    form: { id: form.id, title: form.title },
    madeAt,
    keyId: key.id,
    bytes,
    sha256: record.sha256,
    files: outside,
    state: 'waiting',
    tries: 0,
    nextTry: 0,
    problem: null,
  };
  return { envelope, parts };
}

/** Seals the record and queues it in place of its draft: on the disk when it resolves. Throws Locked, QuotaExceededError. */
export async function finish(draft, record) {
  const { account, author } = current();
  const key = await serverKey();
  if (!key) throw Object.assign(new Error('no server key'), { kind: 'keyless' });
  const { envelope, parts } = await sealed(record, { key, author, account });
  await durably(['drafts', 'photos', 'sealed', 'parts'], (tx) =>
    Promise.all([
      ...parts.map((part) => tx.objectStore('parts').put(part)),
      tx.objectStore('sealed').put(envelope),
      remove(tx, draft),
    ]),
  );
  lastResort.drop(draft);
  forget(draft);
  tell({ kind: 'queued', id: envelope.id });
  return envelope;
}
