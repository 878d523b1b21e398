// The server's part in the vault: its public key, the signed word on who writes here, and opening a sealed draft key.
import { database } from '../records/database.js';
import { ServerProblem, ask, bodyOf } from '../transport/asking.js';
import { fromBase64, toBase64 } from './base64.js';

const KEY = 'server key';

async function asked(address, options) {
  const response = await ask(address, { cache: 'no-store', ...options });
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  return bodyOf(response, 'json');
}

/** {key: {id, jwk}, author} from the server, the key kept for sealing without signal. Throws ServerProblem. */
export async function fetchKeys() {
  const { key, author } = await asked('/survey/api/keys');
  if (!key?.id || !key.jwk || !author) throw new ServerProblem('portal');
  await (await database()).put('facts', { key: KEY, value: key });
  return { key, author };
}

/** The server's public key as last seen, {id, jwk}; undefined before the first time. */
export async function serverKey() {
  return (await (await database()).get('facts', KEY))?.value;
}

/**
 * The draft key inside `sealed` (to the server key `keyId`), opened by the server for the account it belongs to and only
 * soon after that account gave its password. Throws ServerProblem; 403 asks to sign in again.
 */
export async function recovered(keyId, sealed) {
  const { key } = await asked('/survey/api/recover', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Diaban-Client': '1' },
    body: JSON.stringify({ keyId, sealed: toBase64(sealed) }),
  });
  return fromBase64(key);
}
