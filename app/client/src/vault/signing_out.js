// Ends the session at the server. Nothing on the phone is deleted by it.
import { ask } from '../transport/asking.js';
import { askedMe } from '../transport/server.js';

/** Throws ServerProblem without signal; a session that is over already counts as ended. */
export async function signOut() {
  try {
    // The page may be older than the session and its token.
    const { csrf } = await askedMe();
    await ask('/logout', { method: 'POST', redirect: 'manual', headers: { 'X-CSRFToken': csrf } });
  } catch (error) {
    if (error.kind !== 'signin') throw error;
  }
}
