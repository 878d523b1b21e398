// What happens to records, told to every page of the app and its service worker.

const CHANNEL = 'diaban';
let channel = null;
const listeners = new Set();

function opened() {
  if (!channel) {
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }) => listeners.forEach((listener) => listener(data));
  }
  return channel;
}

/** Tells {kind: 'queued' | 'sending' | 'acknowledged' | 'kept', id, …} to the other pages and to this one. */
export function tell(news) {
  opened().postMessage(news);
  listeners.forEach((listener) => listener(news));
}

/** Calls `listener` at each piece of news; returns a function that stops it. */
export function listen(listener) {
  opened();
  listeners.add(listener);
  return () => listeners.delete(listener);
}
