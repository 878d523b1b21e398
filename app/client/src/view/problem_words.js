// A ServerProblem in words.
import { isFull } from '../records/storage.js';
import { words } from '../words.js';

export function sentence(problem) {
  if (isFull(problem)) return words.fullText;
  if (problem.kind === 'elsewhere') return words.draftElsewhere;
  if (problem.kind === 'gone') return words.draftGone;
  if (problem.kind === 'keyless') return words.noServerKey;
  if (problem.kind === 'offline') return words.offline;
  if (problem.kind === 'portal') return words.portal;
  if (problem.kind === 'signin') return words.signInWhy;
  if (problem.kind !== 'server') return words.formBroken;
  if (problem.status === 409) return words.conflict;
  if (problem.status === 413) return words.tooBig;
  return problem.said || words.server(problem.status);
}

/** Whether the server has read the record and said no: only then may its answers change under the same id. */
export const refused = (problem) =>
  problem.kind === 'server' && [400, 403, 404, 409, 413, 422].includes(problem.status);
