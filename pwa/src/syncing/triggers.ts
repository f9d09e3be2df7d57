// What makes the app try again: the network coming back or going away, the app being shown again.
import { currentBase } from '../local/current.svelte';
import { leaveHeads } from './heads';
import { sendLater } from './later';
import { shown, wake } from './loop';
import { exchange } from './status.svelte';

const NOT_AGAIN_WITHIN = 5_000;
let lastShown = 0;

/** Called once, when the app starts. */
export function wakeOnEvents(): void {
  addEventListener('online', wake);
  // Asking at once is how the parent learns it: the event alone is only a hint.
  addEventListener('offline', wake);
  addEventListener('focus', onShown);
  addEventListener('pageshow', onShown);
  document.addEventListener('visibilitychange', () => (shown() ? onShown() : onHidden()));
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

function onHidden(): void {
  leaveHeads();
  const base = currentBase();
  if (base) void sendLater(base).catch(() => undefined);
}
