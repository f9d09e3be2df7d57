// IndexedDB with promises, and no more: stores inside transactions that are all or nothing.
// Written here because the usual wrappers weigh more than the app itself, or cannot be pointed at the in-memory engine.

/** Where databases live: the browser's own engine, or the one in memory. */
export interface Engine { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange }

export function browserEngine(): Engine {
  return { indexedDB: globalThis.indexedDB, IDBKeyRange: globalThis.IDBKeyRange };
}

export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Opens or makes a database. `upgrade` runs inside the version change. */
export async function openDatabase(engine: Engine, name: string, version: number, upgrade: (db: IDBDatabase, from: number) => void): Promise<IDBDatabase> {
  const request = engine.indexedDB.open(name, version);
  request.onupgradeneeded = (event) => upgrade(request.result, event.oldVersion);
  return await settled(request);
}

/** Resolves when it is gone; another tab that does not let go can hold it up for ever. */
export async function deleteDatabase(engine: Engine, name: string): Promise<void> {
  await settled(engine.indexedDB.deleteDatabase(name));
}

type Key = IDBValidKey;
/** Names of the stores that were looked at, and of those that were changed. */
export interface Marks { read: Set<string>; written: Set<string> }

/** One object store inside one transaction. Awaiting anything but its answers ends the transaction. */
export class Store<T> {
  constructor(private readonly store: IDBObjectStore, private readonly engine: Engine, private readonly marks: Marks) {}

  get(key: Key): Promise<T | undefined> {
    return this.read((store) => store.get(key) as IDBRequest<T | undefined>);
  }

  getMany(keys: Key[]): Promise<(T | undefined)[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  all(): Promise<T[]> {
    return this.read((store) => store.getAll() as IDBRequest<T[]>);
  }

  count(): Promise<number> {
    return this.read((store) => store.count());
  }

  /** Everything from `lower` to `upper`, both included, in the order of the index, or of the key when none is named. */
  between(lower: Key, upper: Key, index?: string): Promise<T[]> {
    const range = this.engine.IDBKeyRange.bound(lower, upper);
    return this.read((store) => (index ? store.index(index) : store).getAll(range) as IDBRequest<T[]>);
  }

  put(value: T): Promise<unknown> {
    return this.write((store) => store.put(value));
  }

  putMany(values: T[]): Promise<unknown> {
    return this.writeMany(values, (store, value) => store.put(value));
  }

  delete(key: Key): Promise<unknown> {
    return this.write((store) => store.delete(key));
  }

  deleteMany(keys: Key[]): Promise<unknown> {
    return this.writeMany(keys, (store, key) => store.delete(key));
  }

  deleteBetween(lower: Key, upper: Key): Promise<unknown> {
    return this.write((store) => store.delete(this.engine.IDBKeyRange.bound(lower, upper)));
  }

  clear(): Promise<unknown> {
    return this.write((store) => store.clear());
  }

  /** Only the last answer is awaited: one that fails ends the transaction, and with it all of them. */
  private async writeMany<V>(values: V[], ask: (store: IDBObjectStore, value: V) => IDBRequest): Promise<void> {
    let last: IDBRequest | undefined;
    for (const value of values) last = ask(this.store, value);
    if (!last) return;
    this.marks.written.add(this.store.name);
    await settled(last);
  }

  private read<R>(ask: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    this.marks.read.add(this.store.name);
    return settled(ask(this.store));
  }

  private write<R>(ask: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    this.marks.written.add(this.store.name);
    return settled(ask(this.store));
  }
}

/** `strict`: when it resolves the disk has it. `relaxed`: a power cut may undo the last of these, each as a whole, and costs no wait. */
export type Durability = 'strict' | 'relaxed';

/** Reads under way. In WebKit one that its page leaves behind never ends, and every write of the next page waits for it: so they
 *  are ended with the page. Who comes back to it reads again. */
const reads = new Set<IDBTransaction>();
globalThis.addEventListener?.('pagehide', () => reads.forEach(undo));

/** Runs `work` in one transaction over all stores; undone as a whole when it throws. */
export async function inTransaction<R>(
  db: IDBDatabase, mode: 'readonly' | 'readwrite', durability: Durability, work: (transaction: IDBTransaction) => Promise<R>,
): Promise<R> {
  const transaction = db.transaction([...db.objectStoreNames], mode, { durability });
  const over = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('The transaction was aborted', 'AbortError'));
  });
  over.catch(() => undefined); // heard below, after the work
  if (mode === 'readonly') reads.add(transaction);
  try {
    const result = await work(transaction);
    await over;
    return result;
  } catch (fault) {
    undo(transaction);
    throw transaction.error ?? fault;
  } finally {
    reads.delete(transaction);
  }
}

function undo(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // Over already: there is nothing left to undo.
  }
}
