// How rows are found in the base, whatever scope they came in.
import { BY_KIND, type StoredRow, type Tables } from './base';

/** Rows of one kind over all scopes, oldest date first; `from` and `to` bound the date, included. */
export async function rowsOf(tables: Tables, kind: string, from = '', to = '\uffff'): Promise<StoredRow[]> {
  return await tables.rows.between([kind, from], [kind, to], BY_KIND);
}

export const idOf = (row: StoredRow): string => row.key.slice(row.key.indexOf('/') + 1);

export const byPosition = (a: { position: number }, b: { position: number }): number => a.position - b.position;

/** Two school years describe the same service or unit: the last one read wins. */
export function once<T>(all: T[], key: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}
