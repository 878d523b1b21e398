// What the app asks of the server: from the network where it answers soon, else from what the phone keeps.
import { fetchedForm, keptForm, listedFiles, opened, sameFiles } from '../offline/forms.js';
import { fact, keepFact, packageOf } from '../offline/stored.js';
import { OPENROSA, ServerProblem, ask, askFor, bodyOf } from './asking.js';
import { readFormList, readMessage, readReceipt } from './openrosa_xml.js';
import { acknowledges } from './receipt.js';

export { ServerProblem };

// Who waits longer than this for a bar of signal would rather begin.
const PATIENCE_MS = 1500;
// New lists are worth a longer wait than the question whether there are any.
const LISTS_PATIENCE_MS = 15000;
const LATE = Symbol('late');

let isReady;
/** Resolves when there is a list of forms to choose from: what isn't needed until then may begin. */
export const ready = new Promise((resolve) => (isReady = resolve));

// Who this page works for, once that is known.
let present = null;

/** What the network answers before patience ends, else what is kept; without that, what the network says at last. */
export async function answered(asked, kept, patience = PATIENCE_MS) {
  asked.catch(() => {});
  try {
    const soon = Number.isFinite(patience) ? [new Promise((resolve) => setTimeout(resolve, patience, LATE))] : [];
    const answer = await Promise.race([asked, ...soon]);
    if (answer !== LATE) return answer;
  } catch (error) {
    if (!error.passing) throw error;
  }
  return (await kept()) ?? asked;
}

/**
 * {id, username, role, province: {id, name}, commune: {id, name} | null, waiting} of the signed-in account;
 * with `stored: true` where the server couldn't be asked and the phone says who was here last.
 */
export function me() {
  // Right after signing in it may be another account than before: only the server knows.
  const justSignedIn = document.referrer && new URL(document.referrer).pathname.startsWith('/login');
  present = answered(askedMe(), storedMe, justSignedIn ? Infinity : PATIENCE_MS);
  present.catch(() => (present = null));
  return present;
}

/** Who is signed in, from the server alone. */
export async function askedMe() {
  const response = await ask('/survey/api/me', { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new ServerProblem('server', { status: response.status });
  const account = await bodyOf(response, 'json');
  if (!account?.username) throw new ServerProblem('portal', { status: response.status });
  // Its token belongs to the session, not to the phone.
  const { csrf, ...lasting } = account;
  await keepFact('account', lasting);
  return account;
}

/** The account that was last signed in on this phone, marked `stored`; null on a new one. */
export async function storedMe() {
  const account = await fact('account');
  return account ? { ...account, stored: true } : null;
}

/** The id of the account this page works for; null before anybody signed in. */
export const presentId = async () => ((await present) ?? (await storedMe()))?.id ?? null;

export async function formList() {
  const kept = async () => {
    const { forms } = await packageOf(await presentId());
    return forms.length ? forms : null;
  };
  const forms = await answered(askFor('/openrosa/formList', readFormList), kept);
  isReady();
  return forms;
}

/**
 * The XForm text of {id, version, hash?, downloadUrl?, manifestUrl?} and a function that gives an attachment by name as a
 * Response. Its lists are all of one state: the server's where it answers, else those kept together.
 */
export async function form(wanted) {
  const account = await presentId();
  const kept = await keptForm(account, wanted);
  if (!kept) return opened(await fetchedForm(account, wanted));
  // Whatever the server says (session over, form closed since): what has been begun with this form can be finished.
  const files = await answered(
    listedFiles(wanted).catch(() => kept.files),
    () => kept.files,
  );
  if (sameFiles(files, kept.files)) return opened(kept);
  const renewed = fetchedForm(account, wanted, files).catch(() => kept);
  return opened(await answered(renewed, () => kept, LISTS_PATIENCE_MS));
}

/**
 * Sends one record ({instanceID, sha256, xml: File, files: [File], attachments: Map name → sha256}); returns the receipt
 * that acknowledges exactly these bytes. ServerProblem otherwise, and the caller keeps the record.
 */
export async function submit(record) {
  const body = new FormData();
  body.append('xml_submission_file', record.xml, 'xml_submission_file');
  for (const file of record.files) body.append(file.name, file, file.name);
  const response = await ask('/openrosa/submission', { method: 'POST', headers: OPENROSA, body });
  const text = await bodyOf(response, 'text');
  const receipt = readReceipt(text);
  if ((response.status === 201 || response.status === 202) && acknowledges(receipt, record)) return receipt;
  if (response.ok) throw new ServerProblem('portal', { status: response.status });
  throw new ServerProblem('server', { status: response.status, message: readMessage(text) });
}
