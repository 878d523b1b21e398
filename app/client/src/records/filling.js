// One form being filled: its instance, kept on the phone within a second of each change, and finished once.
import { correctable } from '../engine/deprecated.js';
import { form as fetchForm } from '../transport/server.js';
import { visitOf } from '../visits/entity_list.js';
import { autosaveOf } from './autosave.js';
import * as drafts from './drafts.js';
import { hold } from './holding.js';
import { contentsOf, recordOf } from './record.js';
import { isFull, roomFor } from './storage.js';

/** kind: 'gone' (neither draft nor form), 'elsewhere' (open in another tab), 'keyless' (no server key yet). */
export class FillingProblem extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/**
 * Opens the draft `id` as it was saved, or a new instance of `form` under that id. `told` hears each saving.
 * → {root, form, about, due(), flush(), unsaved, keep(file), finish(), close()}. Throws ServerProblem, FillingProblem, Locked.
 */
export async function begin(id, form, told) {
  const release = await hold(id);
  if (!release) throw new FillingProblem('elsewhere');
  try {
    const draft = await drafts.load(id);
    // A draft stays with the version it was begun in.
    const own = draft?.form ?? form;
    if (!own) throw new FillingProblem('gone');
    const [{ open }, given] = await Promise.all([import('../engine/open.js'), fetchForm(own)]);
    const xml = draft?.about.returned ? correctable(given.xml) : given.xml;
    const ways = await open(xml, given.attachment, await visitOf(draft?.files));
    const root = draft ? await ways.restore(draft.files) : await ways.create();
    return filling(id, own, root, draft, release, told);
  } catch (error) {
    release();
    throw error;
  }
}

function filling(id, { version, title, hash, downloadUrl, manifestUrl, id: formId }, root, draft, release, told) {
  const form = { id: formId, version, title, hash, downloadUrl, manifestUrl };
  const about = draft?.about ?? {};
  const held = new Map((draft?.files ?? []).slice(1).map((file) => [file.name, file]));

  let finishing = false;

  async function save() {
    if (finishing) return null;
    const { xml, files } = await contentsOf(root, held);
    return drafts.save({ id, form, files: [xml, ...files], about });
  }
  const autosave = autosaveOf(save, told);

  return {
    root,
    form,
    about,
    due: autosave.due,
    flush: autosave.flush,
    get unsaved() {
      return autosave.unsaved;
    },
    /** Puts a file on the disk before it becomes an answer; false when there is no room for it. */
    async keep(file) {
      if (!(await roomFor(file.size))) return false;
      try {
        await drafts.keep(id, file);
        return true;
      } catch (error) {
        if (isFull(error)) return false;
        throw error;
      }
    },
    /** Seals and queues the record in place of the draft; its envelope. The draft stays where anything fails. */
    async finish() {
      const { finish } = await import('./finished.js');
      // A saving that comes late must not bring the draft back.
      await autosave.flush();
      finishing = true;
      try {
        const envelope = await finish(id, await recordOf(root, form, held));
        autosave.stop();
        return envelope;
      } catch (error) {
        finishing = false;
        throw error;
      }
    },
    async close() {
      await autosave.flush();
      autosave.stop();
      drafts.forget(id);
      release();
    },
  };
}
