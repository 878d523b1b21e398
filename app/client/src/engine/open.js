// Opens an XForm with the ODK engine; the only module that imports it, and it is loaded when the first form opens.
import { loadForm } from '@getodk/xforms-engine';
import { shallowReactive } from 'vue';

// Names are made fresh where a file is chosen; the engine only has to keep them, extension included.
const config = {
  stateFactory: shallowReactive,
  instanceAttachments: { fileNameFactory: ({ basename, extension }) => `${basename}${extension ?? ''}` },
};

/** The root of a new, empty instance. `attachment(name)` fetches a form attachment as a Response. Throws Error. */
export async function open(xml, attachment) {
  const loaded = await loadForm(xml, {
    fetchFormAttachment: (url) => attachment(decodeURIComponent(url.href.split('/').at(-1))),
  });
  if (loaded.status === 'failure') throw loaded.error;
  return loaded.createInstance(config).root;
}
