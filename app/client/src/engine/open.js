// Opens an XForm with the ODK engine; the only module that imports it, and it is loaded when the first form opens.
import { loadForm } from '@getodk/xforms-engine';
import { shallowReactive } from 'vue';
import { withFeatures } from '../visits/entity_list.js';
import { remember } from './beside.js';

// Names are made fresh where a file is chosen; the engine only has to keep them, extension included.
const config = {
  stateFactory: shallowReactive,
  instanceAttachments: { fileNameFactory: ({ basename, extension }) => `${basename}${extension ?? ''}` },
};

/**
 * {root, correct}: the root of a new, empty instance, and a function that opens `record` (as sent) again as a correction:
 * the same answers and files under a new instanceID that names the old one as deprecatedID.
 * `given(name)` fetches a form attachment as a Response; `visit` is what `visitOf` says of an instance opened again.
 * Throws Error.
 */
export async function open(xml, given, visit = null) {
  const attachment = withFeatures(xml, given, visit);
  const loaded = await loadForm(xml, {
    fetchFormAttachment: (url) => attachment(decodeURIComponent(url.href.split('/').at(-1))),
  });
  if (loaded.status === 'failure') throw loaded.error;
  const correct = async (record) => {
    const data = new FormData();
    for (const file of [record.xml, ...record.files]) data.set(file.name, file);
    const { root } = await loaded.editInstance({ inputType: 'FORM_INSTANCE_INPUT_RESOLVED', data: [data] }, config);
    return remember(root, attachment);
  };
  return { root: remember(loaded.createInstance(config).root, attachment), correct };
}
