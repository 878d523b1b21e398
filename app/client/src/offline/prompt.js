// The browser offers to install the app once, early; the offer is kept until somebody asks for it.
let offer = null;
const told = new Set();

globalThis.addEventListener?.('beforeinstallprompt', (event) => {
  event.preventDefault();
  offer = event;
  for (const tell of told) tell(true);
});
globalThis.addEventListener?.('appinstalled', () => {
  offer = null;
  for (const tell of told) tell(false);
});

/** `tell(whether it can be installed now)`, at once and whenever that changes; returns what ends it. */
export function whenInstallable(tell) {
  told.add(tell);
  tell(offer !== null);
  return () => told.delete(tell);
}

/** Asks the person; true when installed. An offer can be used once. */
export async function install() {
  const asked = offer;
  offer = null;
  for (const tell of told) tell(false);
  await asked.prompt();
  return (await asked.userChoice).outcome === 'accepted';
}
