// Who uses the phone now: the account signed in, or the last one that was, with its forms and what waits to be sent.
import { onBeforeUnmount, ref, shallowRef, watch } from 'vue';
import { packageOf } from '../offline/stored.js';
import { listen } from '../records/news.js';
import { promised as asked } from '../records/storage.js';
import { NOTHING, unsent as count } from '../records/unsent.js';
import * as server from '../transport/server.js';
import { refresh, unlocked } from '../vault/vault.js';

export function presentUser() {
  const account = shallowRef(null);
  const forms = shallowRef(null);
  const signedIn = ref(true);
  const problem = shallowRef(null);
  const unsent = shallowRef(NOTHING);
  const promised = ref(true);

  const recount = async () => (unsent.value = await count(account.value?.id).catch(() => NOTHING));

  // Days without signal, or a session that is over: who was here last goes on, behind the PIN.
  async function whoIsHere() {
    try {
      const now = await server.me();
      signedIn.value = true;
      return now;
    } catch (error) {
      const last = await server.storedMe();
      if (!last) throw error;
      signedIn.value = error.kind !== 'signin';
      return last;
    }
  }

  async function formsOf(id) {
    try {
      return await server.formList();
    } catch (error) {
      if (error.kind === 'signin') signedIn.value = false;
      return (await packageOf(id)).forms;
    }
  }

  async function start() {
    problem.value = null;
    try {
      account.value = await whoIsHere();
      forms.value = await formsOf(account.value.id);
      // The engine is most of the download: fetched while the list is being read.
      import('../engine/open.js').catch(() => {});
    } catch (error) {
      problem.value = error;
    }
    await recount();
  }

  // Once somebody is in: the server's newest key and word, the browser's promise to keep what is here, and the sending.
  watch(unlocked, async (id) => {
    if (id === null) return;
    promised.value = await asked();
    if (signedIn.value) await refresh().catch(() => {});
  });

  const stop = listen(({ kind }) => {
    if (kind === 'signin') signedIn.value = false;
    if (kind === 'acknowledged') signedIn.value = true;
    if (kind !== 'sending' && kind !== 'draft') recount();
  });
  onBeforeUnmount(stop);
  return { account, forms, signedIn, problem, unsent, promised, start };
}
