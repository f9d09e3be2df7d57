// Asking the browser to send what waits once this page is gone: Chromium only, so it is never relied upon.
import { type Base, countWaiting } from '../local/base';

type WithSync = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };

/** After a failed exchange, or when the page is left: while the page sends by itself the worker need not. */
export async function sendLater(base: Base): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as WithSync | undefined;
  // Asked before anything is read: a page that is being left must not begin a transaction, see local/idb.ts.
  if (!registration?.sync || base.memory || (await base.read(countWaiting)) === 0) return;
  await registration.sync.register('outbox').catch(() => undefined);
}
