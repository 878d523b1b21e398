// Whether an answer acknowledges exactly the record that was sent; only then it may leave the phone.

const equal = (attachments, files) => files.every(({ name, sha256 }) => attachments?.[name] === sha256);

/**
 * `receipt` is the answer's JSON or null, `row` the record's row of `sealed`, `sealed` the SHA-256 of its sealed bytes.
 * A server that can't open the seal knows no hash of what is inside: it keeps the seal, and says so by the seal's hash.
 */
export function confirms(receipt, row, sealed) {
  if (!receipt || receipt.instanceID !== row.id || receipt.sealed !== sealed) return false;
  if (receipt.state === 'quarantined' && receipt.sha256 === null) return true;
  if (receipt.state !== 'received' && receipt.state !== 'quarantined') return false;
  return receipt.sha256 === row.sha256 && equal(receipt.attachments, row.files);
}

/** The row of the ledger for a receipt that confirms `row`. */
export function entry(receipt, row, at) {
  const { code, state, problem = null } = receipt;
  const { id, account, form, madeAt, sha256, files } = row;
  return { id, account, form, madeAt, sha256, code, attachments: files.length, at, state, problem };
}
