// The number on the app's icon, where browsers can show one: messages of the services that nobody has read yet.
import { currentBase } from './current.svelte';
import { threads } from './threads';
import { watch } from './watching';

let stop: (() => void) | null = null;

/** Follows the phone's copy of whoever is signed in; again for somebody else. Signing out clears it (`accounts/wipe.ts`). */
export function followBadge(): void {
  stop?.();
  stop = null;
  const base = currentBase();
  if (!base || !('setAppBadge' in navigator)) return;
  stop = watch(base, (tables) => threads().read(tables, base), (found) => void show(found.reduce((sum, thread) => sum + thread.unread, 0)));
}

async function show(unread: number): Promise<void> {
  await (unread ? navigator.setAppBadge(unread) : navigator.clearAppBadge()).catch(() => undefined);
}
