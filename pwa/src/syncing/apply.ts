// Storing an answer: rows, cursors, queue and journal in ONE transaction, so that nothing is half known after a crash.
import { applyChange, emptyScope, targetOf, type Effect } from '../../../sync/applying.ts';
import type { Change, Receipt, Reply, Sent } from '../../../sync/device.ts';
import { isStale, pruneJournal, settle } from '../../../sync/outbox.ts';
import { type Base, deviceState, putOutbox, putState, type StoredRow } from '../local/base';
import { Dexie, type Table } from 'dexie';

/** `stale`: numbers changed meaning meanwhile, nothing was stored. `taken`: another installation uses our numbers. */
export interface Applied { end: 'ok' | 'stale' | 'taken'; progressed: boolean; unfinished: boolean; rows: number }

export async function apply(base: Base, sent: Sent, reply: Reply, now: number): Promise<Applied> {
  return await base.transaction('rw', [base.rows, base.staging, base.scopes, base.outbox, base.journal, base.meta], async () => {
    const state = await deviceState(base);
    if (isStale(state, sent)) return { end: 'stale', progressed: true, unfinished: true, rows: 0 };
    const arrived: Receipt[] = [];
    const effects: Effect[] = [];
    for (const scope of reply.scopes.removed) await dropScope(base, scope);
    for (const change of reply.changes) effects.push(await applyOne(base, change, arrived));
    const outcome = {
      progressed: effects.some((effect) => effect.verdict !== 'skip'),
      unfinished: reply.changes.some((change) => change.more) || effects.some((effect) => effect.verdict === 'wrong'),
      rows: effects.reduce((sum, effect) => sum + effect.puts.length, 0),
    };
    const mine = arrived.filter((receipt) => receipt.device === state.device);
    return { ...outcome, ...(await settleQueue(base, sent, reply, mine, !reply.changes.some((change) => change.more), now, outcome)) };
  });
}

async function settleQueue(
  base: Base, sent: Sent, reply: Reply, arrived: Receipt[], complete: boolean, now: number, so: { progressed: boolean; unfinished: boolean },
): Promise<Pick<Applied, 'end' | 'progressed' | 'unfinished'>> {
  const [state, outbox, journal] = [await deviceState(base), await base.outbox.toArray(), await base.journal.toArray()];
  const settled = settle(state, outbox, journal, sent, reply, arrived, complete, now);
  if ('trouble' in settled) return { end: 'taken', ...so };
  await putOutbox(base, outbox, settled.outbox);
  await base.journal.bulkDelete([...settled.journal_drop, ...pruneJournal(journal, settled.state, now)]);
  await base.journal.bulkPut(settled.journal_add);
  await putState(base, settled.state);
  return {
    end: 'ok',
    progressed: so.progressed || settled.answered.length > 0 || settled.restored,
    unfinished: so.unfinished || settled.outbox.some((op) => op.parked === null),
  };
}

/** Carries out what the protocol says about one page, in its order. */
async function applyOne(base: Base, change: Change, arrived: Receipt[]): Promise<Effect> {
  const held = (await base.scopes.get(change.scope)) ?? emptyScope(change.scope);
  const table = targetOf(held, change) === 'staging' ? base.staging : base.rows;
  const effect = applyChange(held, change, await seqsOf(table, change));
  if (effect.verdict === 'doubtful') console.warn('The copy of', change.scope, 'differs from the town’s even after a reset');
  const into = effect.into === 'staging' ? base.staging : base.rows;
  if (effect.clear_base) await clearScope(base.rows, change.scope);
  if (effect.clear_staging) await clearScope(base.staging, change.scope);
  const rows = effect.puts.map((row) => stored(change.scope, row));
  await into.bulkPut(rows);
  await into.bulkDelete(effect.deletes.map((key) => [change.scope, key]));
  noteReceipts(effect.into === 'base' ? rows : [], arrived);
  if (effect.swap) noteReceipts(await swap(base, change.scope), arrived);
  if (effect.verdict !== 'skip') await base.scopes.put({ ...effect.held, ...(change.reset ? { thinned: undefined } : {}) });
  return effect;
}

function noteReceipts(rows: StoredRow[], arrived: Receipt[]): void {
  for (const row of rows) if (row.kind === 'receipt') arrived.push(row.body as Receipt);
}

async function seqsOf(table: Table<StoredRow, [string, string]>, change: Change): Promise<Record<string, number>> {
  if (change.reset) return {};
  const held = await table.bulkGet(change.rows.map((row) => [change.scope, row.k]));
  return Object.fromEntries(held.filter((row) => row !== undefined).map((row) => [row.key, row.seq]));
}

/** The staged rows take the place of the scope's rows. */
async function swap(base: Base, scope: string): Promise<StoredRow[]> {
  const staged = await ofScope(base.staging, scope).toArray();
  await clearScope(base.rows, scope);
  await base.rows.bulkPut(staged);
  await clearScope(base.staging, scope);
  return staged;
}

/** A scope that is no longer ours: its rows leave the phone at once. */
async function dropScope(base: Base, scope: string): Promise<void> {
  await clearScope(base.rows, scope);
  await clearScope(base.staging, scope);
  await base.scopes.delete(scope);
}

function ofScope(table: Table<StoredRow, [string, string]>, scope: string) {
  return table.where('[scope+key]').between([scope, Dexie.minKey], [scope, Dexie.maxKey]);
}

async function clearScope(table: Table<StoredRow, [string, string]>, scope: string): Promise<void> {
  await ofScope(table, scope).delete();
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
