// Live reads for pages: Svelte state that follows the phone's copy, whoever changes it.
import { currentBase } from './current.svelte';
import type { Query } from './query';
import { watch, watchAll } from './watching';

/** Svelte state over a query, or over a function that asks several. Call it while a component starts. Runes read inside `ask` re-run it:
 *  `const week = live(() => planning(from, to), null)`, then `week.value`, `week.ready`.
 *  While another question is being answered the last answer stays on screen. */
export function live<T, I = T>(ask: () => Query<T> | (() => Promise<T>), initial: I): { readonly value: T | I; readonly ready: boolean } {
  let value = $state.raw<T | I>(initial);
  let ready = $state(false);
  $effect(() => {
    const asked = ask();
    const base = currentBase();
    if (!base) {
      value = initial;
      ready = false;
      return;
    }
    const show = (answer: T): void => {
      value = answer;
      ready = true;
    };
    return 'read' in asked ? watch(base, (tables) => asked.read(tables, base), show) : watchAll(base, asked, show);
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
