// Asks for a record to be taken back, with the code of its receipt. Only with a connection: the day counts from then.
import { database } from '../records/database.js';
import { ServerProblem, ask, bodyOf } from '../transport/asking.js';

/** The code of the record's receipt where this phone has it, else ''. */
export async function codeOf({ instanceID }) {
  const db = await database();
  return (await db.get('ledger', instanceID))?.code ?? '';
}

/** Resolves when the server noted the request. Throws ServerProblem. */
export async function withdraw({ instanceID }, code) {
  const response = await ask(`/survey/api/mine/${encodeURIComponent(instanceID)}/withdraw`, {
    method: 'POST',
    headers: { 'X-Diaban-Client': '1', 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ code }),
  });
  const told = await bodyOf(response, 'json');
  if (response.ok && told?.instanceID === instanceID) return told;
  if (response.ok || !told?.code) throw new ServerProblem('portal', { status: response.status });
  throw new ServerProblem('server', { status: response.status, message: told.detail });
}
