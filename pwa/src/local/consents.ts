// What the family was asked to allow, and what it answered: Accueil asks what is still open.
import { idOf, rowsOf } from './lookups';
import { type Query, query } from './query';
import type { ConsentBody } from './rows';

export type ConsentView = ConsentBody & { purpose: string };

export function consents(): Query<ConsentView[]> {
  return query(async (tables) => (await rowsOf(tables, 'consent')).map((row) => ({ ...(row.body as ConsentBody), purpose: idOf(row) })));
}
