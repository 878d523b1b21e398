// Says to the office that its answer didn't help. Only with a connection: the person waits for the office to hear it.
import { ServerProblem, ask, bodyOf } from '../transport/asking.js';

/** Resolves when the server opened the case again. Throws ServerProblem. */
export async function reopen({ instanceID }, words) {
  const response = await ask(`/survey/api/mine/${encodeURIComponent(instanceID)}/reopen`, {
    method: 'POST',
    headers: { 'X-Diaban-Client': '1', 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ words }),
  });
  const told = await bodyOf(response, 'json');
  if (response.ok && told?.instanceID === instanceID) return told;
  if (response.ok || !told?.code) throw new ServerProblem('portal', { status: response.status });
  throw new ServerProblem('server', { status: response.status, message: told.detail });
}
