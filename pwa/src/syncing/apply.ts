// Storing an answer: rows, cursors, queue and journal in ONE transaction, so that nothing is half known after a crash.
import { applyChange, emptyScope, targetOf, type Effect } from '../../../sync/applying.ts';
import type { Change, Receipt, Reply, Sent } from '../../../sync/device.ts';
import { isStale, pruneJournal, settle } from '../../../sync/outbox.ts';
import { deviceState, putOutbox, putState, type StoredRow, type Tables } from '../local/base';
import type { Store } from '../local/idb';

/** `stale`: numbers changed meaning meanwhile, nothing was stored. `taken`: another installation uses our numbers. */
export interface Applied { end: 'ok' | 'stale' | 'taken'; progressed: boolean; unfinished: boolean; rows: number }

/** Inside a transaction; `actor`: whose base it is. */
export async function apply(tables: Tables, actor: string, sent: Sent, reply: Reply, now: number): Promise<Applied> {
  const state = await deviceState(tables, actor);
  if (isStale(state, sent)) return { end: 'stale', progressed: true, unfinished: true, rows: 0 };
  const arrived: Receipt[] = [];
  const effects: Effect[] = [];
  for (const scope of reply.scopes.removed) await dropScope(tables, scope);
  for (const change of reply.changes) effects.push(await applyOne(tables, change, arrived));
  const more = reply.changes.some((change) => change.more);
  const so: Applied = {
    end: 'ok',
    progressed: effects.some((effect) => effect.verdict !== 'skip'),
    unfinished: more || effects.some((effect) => effect.verdict === 'wrong'),
    rows: effects.reduce((sum, effect) => sum + effect.puts.length, 0),
  };
  const [outbox, journal] = [await tables.outbox.all(), await tables.journal.all()];
  const mine = arrived.filter((receipt) => receipt.device === state.device);
  const settled = settle(state, outbox, journal, sent, reply, mine, !more, now);
  if ('trouble' in settled) return { ...so, end: 'taken' };
  await putOutbox(tables, outbox, settled.outbox);
  await tables.journal.deleteMany([...settled.journal_drop, ...pruneJournal(journal, settled.state, now)]);
  await tables.journal.putMany(settled.journal_add);
  await putState(tables, settled.state);
  return {
    ...so,
    progressed: so.progressed || settled.answered.length > 0 || settled.restored,
    unfinished: so.unfinished || settled.outbox.some((op) => op.parked === null),
  };
}

/** Carries out what the protocol says about one page, in its order. */
async function applyOne(tables: Tables, change: Change, arrived: Receipt[]): Promise<Effect> {
  const held = (await tables.scopes.get(change.scope)) ?? emptyScope(change.scope);
  const table = targetOf(held, change) === 'staging' ? tables.staging : tables.rows;
  const effect = applyChange(held, change, await seqsOf(table, change));
  if (effect.verdict === 'doubtful') console.warn('The copy of', change.scope, 'differs from the town’s even after a reset');
  const into = effect.into === 'staging' ? tables.staging : tables.rows;
  if (effect.clear_base) await clearScope(tables.rows, change.scope);
  if (effect.clear_staging) await clearScope(tables.staging, change.scope);
  const rows = effect.puts.map((row) => stored(change.scope, row));
  await into.putMany(rows);
  await into.deleteMany(effect.deletes.map((key) => [change.scope, key]));
  noteReceipts(effect.into === 'base' ? rows : [], arrived);
  if (effect.swap) noteReceipts(await swap(tables, change.scope), arrived);
  if (effect.verdict !== 'skip') await tables.scopes.put({ ...effect.held, ...(change.reset ? { thinned: undefined } : {}) });
  return effect;
}

function noteReceipts(rows: StoredRow[], arrived: Receipt[]): void {
  for (const row of rows) if (row.kind === 'receipt') arrived.push(row.body as Receipt);
}

async function seqsOf(table: Store<StoredRow>, change: Change): Promise<Record<string, number>> {
  if (change.reset && change.from === null) return {}; // a reset begins; its later pages may bring a newer version of a staged row
  const held = await table.getMany(change.rows.map((row) => [change.scope, row.k]));
  return Object.fromEntries(held.filter((row) => row !== undefined).map((row) => [row.key, row.seq]));
}

/** The staged rows take the place of the scope's rows. */
async function swap(tables: Tables, scope: string): Promise<StoredRow[]> {
  const staged = await tables.staging.between([scope, ''], [scope, LAST]);
  await clearScope(tables.rows, scope);
  await tables.rows.putMany(staged);
  await clearScope(tables.staging, scope);
  return staged;
}

/** A scope that is no longer ours: its rows leave the phone at once. */
async function dropScope(tables: Tables, scope: string): Promise<void> {
  await clearScope(tables.rows, scope);
  await clearScope(tables.staging, scope);
  await tables.scopes.delete(scope);
}

const LAST = '\uffff';

async function clearScope(table: Store<StoredRow>, scope: string): Promise<void> {
  await table.deleteBetween([scope, ''], [scope, LAST]);
}

/** Which field of a kind's body is its date, for the index. */
const DATES: Record<string, string> = {
  resa: 'date', open: 'month', invoice: 'issued_on', news: 'at', receipt: 'received_at', calendar: 'from',
};

function stored(scope: string, row: { k: string; s: number; b: Record<string, unknown> }): StoredRow {
  const kind = row.k.slice(0, row.k.indexOf('/'));
  const date = row.b[DATES[kind] ?? ''];
  return { scope, key: row.k, seq: row.s, kind, date: typeof date === 'string' ? date : '', body: row.b };
}
