// The phone's database: one per account, shared by the tabs and the service worker. Rows of the town can always be fetched
// again; the outbox and the journal cannot, and nothing here ever gives them up to make room.
import { Dexie, type EntityTable, type Table } from 'dexie';
import type { Held } from '../../../sync/applying.ts';
import { newState, type Op, type State } from '../../../sync/device.ts';
import type { Entry } from '../../../sync/outbox.ts';

/** A row of a scope. `kind` and `date` are drawn from key and body so that one index answers every page. */
export interface StoredRow { scope: string; key: string; seq: number; kind: string; date: string; body: unknown }
/** Where a scope stands. `thinned`: rows were let go for want of room. */
export type StoredScope = Held & { thinned?: boolean };
export interface Meta { k: string; v: unknown }

const PREFIX = 'portail-';

export class Base extends Dexie {
  declare rows: Table<StoredRow, [string, string]>;
  declare staging: Table<StoredRow, [string, string]>;
  declare scopes: EntityTable<StoredScope, 'scope'>;
  declare outbox: EntityTable<Op, 'id'>;
  /** Sent and answered, kept for 30 days: should the town restore an old backup, it is sent again. */
  declare journal: EntityTable<Entry, 'id'>;
  declare meta: EntityTable<Meta, 'k'>;
  /** Being wiped: no one may open it again. */
  leaving = false;

  constructor(readonly account: string, readonly memory: boolean, engine?: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange }) {
    // Strict: "complete" comes after the disk has it. The default may lose the last seconds at a power cut.
    super(PREFIX + account, { chromeTransactionDurability: 'strict', ...engine });
    this.version(1).stores({
      rows: '[scope+key], [kind+date]',
      staging: '[scope+key]',
      scopes: 'scope',
      outbox: 'id',
      journal: 'id',
      meta: 'k',
    });
  }
}

/** The numbering of this installation. Inside a transaction over `meta` when it is to be changed. */
export async function deviceState(base: Base): Promise<State> {
  return ((await base.meta.get('state'))?.v as State | undefined) ?? newState(base.account);
}

export async function putState(base: Base, state: State): Promise<void> {
  await base.meta.put({ k: 'state', v: state });
}

/** Replaces the queue by what the protocol made of it. */
export async function putOutbox(base: Base, before: Op[], after: Op[]): Promise<void> {
  const kept = new Set(after.map((op) => op.id));
  await base.outbox.bulkDelete(before.filter((op) => !kept.has(op.id)).map((op) => op.id));
  const known = new Set<unknown>(before);
  await base.outbox.bulkPut(after.filter((op) => !known.has(op)));
}

/** Accounts that left a database on this device; none where the browser has no storage. */
export async function accountsHere(): Promise<string[]> {
  return (await Dexie.getDatabaseNames().catch(() => [])).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
}

/** Opens the account's database. In memory when asked (shared device), or when this browser's storage is out of order:
 *  the portal then still works on line, and says that nothing is kept. */
export async function openBase(account: string, options: { memory?: boolean } = {}): Promise<Base> {
  if (!options.memory && typeof indexedDB !== 'undefined') {
    const base = new Base(account, false);
    try {
      await base.open();
      return base;
    } catch (fault) {
      base.close();
      console.warn('The browser’s database does not open:', (fault as Error).name);
    }
  }
  const { memoryEngine } = await import('./memory');
  const base = new Base(account, true, memoryEngine());
  await base.open();
  return base;
}

/** The browser cut the connection (Safari does it to tabs in the background): opening again is the cure. */
export function isClosedByBrowser(fault: unknown): boolean {
  return ['DatabaseClosedError', 'InvalidStateError', 'UnknownError'].includes(rootName(fault));
}

export function isQuota(fault: unknown): boolean {
  return rootName(fault) === 'QuotaExceededError';
}

/** Dexie wraps the browser's error when a transaction aborts; the first cause says what happened. */
function rootName(fault: unknown): string {
  let error = fault as { name?: string; inner?: unknown };
  while (error.inner) error = error.inner as typeof error;
  return error.name ?? '';
}
