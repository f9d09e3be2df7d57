// Reads that follow the base: asked again when a store that they looked at was written, by this tab, another, or the worker.
import type { Base, Tables } from './base';
import { onChange } from './changes';
import { withDb } from './room';

const AFTER_FAULT = 1000;

/** Gives `next` what `read` finds, now and after each change of a store it looked at. Returns what stops it. */
export function watch<T>(base: Base, read: (tables: Tables) => Promise<T>, next: (answer: T) => void): () => void {
  return follow(base, (looked) => withDb(base, (open) => open.read(read, looked)), next);
}

/** The same for a question made of several: asked again whenever rows or commands change. */
export function watchAll<T>(base: Base, ask: () => Promise<T>, next: (answer: T) => void): () => void {
  return follow(base, (looked) => {
    looked.add('rows').add('outbox');
    return ask();
  }, next);
}

function follow<T>(base: Base, ask: (looked: Set<string>) => Promise<T>, next: (answer: T) => void): () => void {
  let stopped = false;
  let running = false;
  let again = false;
  let looked = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function run(): Promise<void> {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await once();
    } while (again && !stopped);
    running = false;
  }

  async function once(): Promise<void> {
    // Known before the answer, so that a change during the read is not missed.
    looked = new Set();
    try {
      const answer = await ask(looked);
      if (!stopped) next(answer);
    } catch (fault) {
      if (stopped || base.leaving) return;
      console.warn('A live read failed:', (fault as Error).name);
      timer = setTimeout(() => void run(), AFTER_FAULT);
    }
  }

  const name = base.memory ? '' : base.name;
  const forget = onChange((change) => {
    if (change.base === name && change.stores.some((store) => looked.has(store))) void run();
  });
  // A tab that was frozen missed what the others said.
  const shown = (): void => void (document.visibilityState === 'visible' && run());
  globalThis.document?.addEventListener('visibilitychange', shown);
  void run();
  return () => {
    stopped = true;
    clearTimeout(timer);
    forget();
    globalThis.document?.removeEventListener('visibilitychange', shown);
  };
}
