// Where the data lives, and whether the browser promises to keep it.
import type { Base } from './base';
import { currentBase } from './current.svelte';
import type { Keeping } from './views';
import { watch } from './watching';

let persisted = $state(false);
let full = $state(false);
let stop: (() => void) | null = null;

export const storage = {
  /** `memory`: nothing outlives this tab (shared device, or a browser whose storage is out of order). */
  get keeping(): Keeping {
    return currentBase()?.memory ? 'memory' : persisted ? 'persisted' : 'best_effort';
  },
  /** The disk is full, and what the town can send again was let go. */
  get full(): boolean {
    return full;
  },
};

export function watchKeeping(base: Base | null): void {
  stop?.();
  stop = base ? watch(base, async (tables) => (await tables.meta.get('storage_full')) !== undefined, (now) => (full = now)) : null;
  void navigator.storage?.persisted?.().then((kept) => (persisted = kept), () => undefined);
}

/** After the first booking there is something worth keeping: the browser is asked not to clear it for room. */
export async function askToKeep(): Promise<void> {
  if (persisted || currentBase()?.memory !== false) return;
  persisted = (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}
