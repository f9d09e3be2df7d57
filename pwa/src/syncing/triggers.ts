// What makes the app try again: the network, the screen, another tab, the browser's own background sync.
import { currentBase } from '../local/current.svelte';
import { listen, tell } from './channel';
import { leaveHeads } from './heads';
import { shown, wake } from './loop';
import { exchange } from './status.svelte';

const NOT_AGAIN_WITHIN = 5_000;
let lastShown = 0;

/** Called once, when the app starts. */
export function wakeOnEvents(): void {
  addEventListener('online', wake);
  addEventListener('focus', onShown);
  addEventListener('pageshow', onShown);
  document.addEventListener('visibilitychange', () => (shown() ? onShown() : leaveHeads()));
  listen((word) => word.say === 'acted' && wake());
  addEventListener('beforeunload', (event) => {
    // In memory only: closing the tab loses what has not been sent, and the parent should know.
    if (currentBase()?.memory && exchange.state.count > 0) event.preventDefault();
  });
}

/** Coming back to the app fires several events at once. */
function onShown(): void {
  if (Date.now() - lastShown < NOT_AGAIN_WITHIN) return;
  lastShown = Date.now();
  if (currentBase()) wake();
}

/** After an act: send it now, and let the browser send it if this page is closed first (Chromium only, so never relied upon). */
export function wakeAfterAct(): void {
  wake();
  tell({ say: 'acted' });
  if (currentBase()?.memory === false) void askForBackgroundSync();
}

type WithSync = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };

async function askForBackgroundSync(): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as WithSync | undefined;
  await registration?.sync?.register('outbox').catch(() => undefined);
}
