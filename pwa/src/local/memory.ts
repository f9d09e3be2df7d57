// A database that lives in this tab only: for shared devices, and for browsers whose own storage is out of order.
import { IDBFactory as MemoryFactory, IDBKeyRange as MemoryKeyRange } from 'fake-indexeddb';

export function memoryEngine(): { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange } {
  return { indexedDB: new MemoryFactory(), IDBKeyRange: MemoryKeyRange };
}
