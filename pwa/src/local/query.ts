// Questions to the phone's copy: asked once, or followed with `live`.
import type { Base, Tables } from './base';
import { withCurrent } from './current.svelte';

/** Follow it with `live`, or await it once: `await bookings(from, to)()`. */
export interface Query<T> {
  (): Promise<T>;
  /** The same inside a transaction. */
  read(tables: Tables, base: Base): Promise<T>;
}

/** What `read` finds is one consistent state: it runs in one transaction. */
export function query<T>(read: (tables: Tables, base: Base) => Promise<T>): Query<T> {
  return Object.assign(() => withCurrent((base) => base.read((tables) => read(tables, base))), { read });
}
