// Who changed what in which base: told to the watchers of this tab, and to the other tabs.
export interface Change { base: string; stores: string[] }

const listeners = new Set<(change: Change) => void>();
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('portail-base');
channel?.addEventListener('message', (event: MessageEvent<Change>) => tellHere(event.data));

/** A base in memory has no name: no other tab can see it. */
export function announce(change: Change): void {
  if (!change.stores.length) return;
  tellHere(change);
  if (change.base) channel?.postMessage(change);
}

function tellHere(change: Change): void {
  for (const hear of listeners) hear(change);
}

export function onChange(hear: (change: Change) => void): () => void {
  listeners.add(hear);
  return () => listeners.delete(hear);
}
