// The phone's database: one per account, shared by the tabs and the service worker. Rows of the town can always be fetched
// again; the outbox and the journal cannot, and nothing here ever gives them up to make room.
import type { Held } from '../../../sync/applying.ts';
import { newState, type Op, type State } from '../../../sync/device.ts';
import type { Entry } from '../../../sync/outbox.ts';
import { announce } from './changes';
import { browserEngine, deleteDatabase, type Durability, type Engine, inTransaction, type Marks, openDatabase, Store } from './idb';

/** A row of a scope. `kind` and `date` are drawn from key and body so that one index answers every page. */
export interface StoredRow { scope: string; key: string; seq: number; kind: string; date: string; body: unknown }
/** Where a scope stands. `thinned`: rows were let go for want of room. */
export type StoredScope = Held & { thinned?: boolean };
/** A file that is to be sent, or was: `sent` bytes of it are with the town. */
export interface StoredFile {
  id: string; name: string; type: string; size: number; sha256: string; sent: number; addedAt: number;
  state: 'queued' | 'stored' | 'refused'; sentence: string;
}
/** Its bytes, until the town has them. */
export interface FilePart { file: string; at: number; bytes: ArrayBuffer }
export interface Meta { k: string; v: unknown }

/** The stores of one transaction. */
export interface Tables {
  rows: Store<StoredRow>;
  /** Rows of a replacement under way, until it is whole. */
  staging: Store<StoredRow>;
  scopes: Store<StoredScope>;
  outbox: Store<Op>;
  /** Sent and answered, kept for 30 days: should the town restore an old backup, it is sent again. */
  journal: Store<Entry>;
  meta: Store<Meta>;
  files: Store<StoredFile>;
  parts: Store<FilePart>;
}

const PREFIX = 'portail-';
const VERSION = 2;
const KEYS: Record<keyof Tables, string | string[]> = {
  rows: ['scope', 'key'], staging: ['scope', 'key'], scopes: 'scope', outbox: 'id', journal: 'id', meta: 'k', files: 'id', parts: ['file', 'at'],
};
export const BY_KIND = 'kind+date';

export class Base {
  /** Being wiped: no one may open it again. */
  leaving = false;
  private opening: Promise<IDBDatabase> | null = null;

  constructor(readonly account: string, readonly memory = false, private readonly engine: Engine = browserEngine()) {}

  get name(): string {
    return PREFIX + this.account;
  }

  /** Reads one consistent state. `looked` learns which stores the answer depends on. */
  async read<R>(work: (tables: Tables) => Promise<R>, looked = new Set<string>()): Promise<R> {
    const marks = { read: looked, written: new Set<string>() };
    return await inTransaction(await this.open(), 'readonly', 'relaxed', (transaction) => work(this.tables(transaction, marks)));
  }

  /** Writes all or nothing; those who watch what was written hear of it, in every tab. What the parent was promised is `strict`;
   *  what the town can say again may be `relaxed`. */
  async write<R>(work: (tables: Tables) => Promise<R>, durability: Durability = 'strict'): Promise<R> {
    const marks = { read: new Set<string>(), written: new Set<string>() };
    const result = await inTransaction(await this.open(), 'readwrite', durability, (transaction) => work(this.tables(transaction, marks)));
    announce({ base: this.memory ? '' : this.name, stores: [...marks.written] });
    return result;
  }

  async open(): Promise<IDBDatabase> {
    if (this.leaving) throw new DOMException('This copy is being wiped', 'InvalidStateError');
    this.opening ??= openDatabase(this.engine, this.name, VERSION, upgrade).then((db) => this.guarded(db));
    try {
      return await this.opening;
    } catch (fault) {
      this.opening = null;
      throw fault;
    }
  }

  close(): void {
    void this.opening?.then((db) => db.close(), () => undefined);
    this.opening = null;
  }

  async delete(): Promise<void> {
    this.close();
    await deleteDatabase(this.engine, this.name);
  }

  /** The browser may close it under us; another tab may want to delete or change it. Either way the next use opens it anew. */
  private guarded(db: IDBDatabase): IDBDatabase {
    db.onclose = () => (this.opening = null);
    db.onversionchange = () => this.close();
    return db;
  }

  private tables(transaction: IDBTransaction, marks: Marks): Tables {
    const names = Object.keys(KEYS) as (keyof Tables)[];
    return Object.fromEntries(names.map((name) => [name, new Store(transaction.objectStore(name), this.engine, marks)])) as unknown as Tables;
  }
}

/** Stores are added, never changed. */
function upgrade(db: IDBDatabase): void {
  for (const [name, keyPath] of Object.entries(KEYS)) {
    if (db.objectStoreNames.contains(name)) continue;
    const store = db.createObjectStore(name, { keyPath });
    if (name === 'rows') store.createIndex(BY_KIND, ['kind', 'date']);
  }
}

/** The numbering of this installation. */
export async function deviceState(tables: Tables, account: string): Promise<State> {
  return ((await tables.meta.get('state'))?.v as State | undefined) ?? newState(account);
}

export async function putState(tables: Tables, state: State): Promise<void> {
  await tables.meta.put({ k: 'state', v: state });
}

/** Replaces the queue by what the protocol made of it. */
export async function putOutbox(tables: Tables, before: Op[], after: Op[]): Promise<void> {
  const kept = new Set(after.map((op) => op.id));
  const known = new Set<unknown>(before);
  await tables.outbox.deleteMany(before.filter((op) => !kept.has(op.id)).map((op) => op.id));
  await tables.outbox.putMany(after.filter((op) => !known.has(op)));
}

/** How many commands will be sent by themselves: all but those set aside for the parent's word. */
export async function countWaiting(tables: Tables): Promise<number> {
  return (await tables.outbox.all()).filter((op) => op.parked === null || op.parked === 'files').length;
}

/** Accounts that left a database on this device; none where the browser has no storage. */
export async function accountsHere(): Promise<string[]> {
  const found = await browserEngine().indexedDB?.databases?.().catch(() => []);
  return (found ?? []).map(({ name }) => name ?? '').filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
}

/** Opens the account's database. In memory when asked (shared device), or when this browser's storage is out of order:
 *  the portal then still works on line, and says that nothing is kept. */
export async function openBase(account: string, options: { memory?: boolean } = {}): Promise<Base> {
  if (!options.memory) {
    const base = new Base(account);
    try {
      await base.open();
      return base;
    } catch (fault) {
      console.warn('The browser’s database does not open:', (fault as Error).name);
    }
  }
  const { memoryEngine } = await import('./memory');
  return new Base(account, true, memoryEngine());
}
