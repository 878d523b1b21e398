// Opens an XForm with the ODK engine; the only module that imports it, and it is loaded when the first form opens.
import { loadForm } from '@getodk/xforms-engine';
import { shallowReactive } from 'vue';
import { withFeatures } from '../visits/entity_list.js';
import { remember } from './beside.js';
import { withoutLongLists } from './long_lists.js';
import { grown } from './turns.js';

// Names are made fresh where a file is chosen; the engine only has to keep them, extension included.
const config = {
  stateFactory: shallowReactive,
  instanceAttachments: { fileNameFactory: ({ basename, extension }) => `${basename}${extension ?? ''}` },
};

function formData(files) {
  const data = new FormData();
  for (const file of files) data.set(file.name, file);
  return [data];
}

/**
 * Three ways to the root of an instance: `create()` an empty one; `restore(files)` as a draft was saved, with the same
 * instanceID; `correct(files)` the record as sent, under a new instanceID that names the old one as deprecatedID.
 * `files` are the XML named `xml_submission_file` and the attachments. `given(name)` fetches a form attachment as a Response;
 * `visit` is what `visitOf` says of an instance opened again. Throws Error.
 */
export async function open(xml, given, visit = null) {
  const attachment = withFeatures(xml, given, visit);
  const light = await withoutLongLists(xml, attachment);
  const loaded = await loadForm(light.xml, {
    fetchFormAttachment: (url) => light.attachment(decodeURIComponent(url.href.split('/').at(-1))),
  });
  if (loaded.status === 'failure') throw loaded.error;
  const remembered = async ({ root }) => remember(await grown(root), attachment, light.lists);
  return {
    create: async () => remembered(loaded.createInstance(config)),
    restore: async (files) => remembered(await loaded.restoreInstance({ data: formData(files) }, config)),
    correct: async (files) =>
      remembered(
        await loaded.editInstance({ inputType: 'FORM_INSTANCE_INPUT_RESOLVED', data: formData(files) }, config),
      ),
  };
}
