// The library of documents, as the phone's copy lists it.
import { idOf, once, rowsOf } from './lookups';
import { type Query, query } from './query';
import type { DocumentBody } from './rows';

export function documents(): Query<(DocumentBody & { id: string })[]> {
  return query(async (tables) => once(await rowsOf(tables, 'document'), (row) => row.key).map((row) => ({ ...(row.body as DocumentBody), id: idOf(row) })));
}
