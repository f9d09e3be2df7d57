/** Something read from the town for a page: what was read last stays on screen while it is read again. */
import { said } from './client';

export interface Remote<T> {
  readonly value: T | null;
  readonly fault: string;
  readonly loading: boolean;
  reload: () => Promise<void>;
}

/** Reads again whenever what `read` looks at changes. Made while a component is set up. */
export function remote<T>(read: () => Promise<T>): Remote<T> {
  let value = $state.raw<T | null>(null);
  let fault = $state('');
  let loading = $state(true);
  let turn = 0;

  async function take(reading: Promise<T>): Promise<void> {
    const mine = ++turn;
    loading = true;
    try {
      const found = await reading;
      if (mine === turn) [value, fault] = [found, ''];
    } catch (error) {
      if (mine === turn) fault = said(error);
    } finally {
      if (mine === turn) loading = false;
    }
  }

  $effect(() => {
    const reading = read();
    void take(reading);
    return () => void turn++;
  });

  return {
    get value() {
      return value;
    },
    get fault() {
      return fault;
    },
    get loading() {
      return loading;
    },
    reload: () => take(read()),
  };
}
