// Live reads for pages: Svelte state that follows the phone's copy, whoever changes it: this tab, another, or the worker.
import { liveQuery } from 'dexie';
import { currentBase } from './current.svelte';
import type { Query } from './reads';

/** Svelte state over a query. Call it while a component starts. Runes read inside `ask` re-run it:
 *  `const week = live(() => planning(from, to), null)`, then `week.value`, `week.ready`.
 *  While another question is being answered the last answer stays on screen. */
export function live<T, I = T>(ask: () => Query<T>, initial: I): { readonly value: T | I; readonly ready: boolean } {
  let value = $state.raw<T | I>(initial);
  let ready = $state(false);
  $effect(() => {
    const query = ask();
    if (!currentBase()) {
      value = initial;
      ready = false;
      return;
    }
    return follow(query, (answer) => {
      value = answer;
      ready = true;
    });
  });
  return {
    get value() {
      return value;
    },
    get ready() {
      return ready;
    },
  };
}

/** Subscribes, and again after a pause when the browser's database failed under it. Returns what stops it. */
export function follow<T>(query: Query<T>, next: (answer: T) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let subscription: { unsubscribe(): void };
  const subscribe = (): void => {
    subscription = liveQuery(query).subscribe({
      next,
      error: (fault: unknown) => {
        console.warn('A live read failed:', (fault as Error).name);
        timer = setTimeout(subscribe, 1000);
      },
    });
  };
  subscribe();
  return () => {
    clearTimeout(timer);
    subscription.unsubscribe();
  };
}
