// Leaving a device: after this no byte of the family is readable in the browser.
import type { Base } from '../local/base';
import { forget } from './remembered';

const PATIENCE = 4000;

/** Empties the account's base, then deletes it, its caches, its push subscription and its badge. The app's own files stay. */
export async function wipe(base: Base): Promise<void> {
  forget();
  // Emptied first: a deletion can be held up by another tab for as long as that tab lives.
  await base.write((tables) => Promise.all(Object.values(tables).map((store) => store.clear()))).catch(() => undefined);
  base.leaving = true;
  await Promise.race([base.delete(), pause(PATIENCE)]).catch(() => undefined);
  await Promise.allSettled([unsubscribePush(), dropCaches(), clearBadge()]);
}

async function unsubscribePush(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

async function dropCaches(): Promise<void> {
  if (typeof caches === 'undefined') return;
  for (const name of await caches.keys()) if (!name.startsWith('shell-')) await caches.delete(name);
}

async function clearBadge(): Promise<void> {
  await navigator.clearAppBadge?.();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
