// Which base the pages look at. Signing in and out, and falling back to memory, change it; live queries follow.
import { type Base, openBase } from './base';
import { isClosedByBrowser, isQuota, withDb } from './room';

let base = $state.raw<Base | null>(null);

export function currentBase(): Base | null {
  return base;
}

export function useBase(next: Base | null): void {
  base = next;
}

/** Runs `work` on the base of the signed-in account, whatever happens to the browser's storage: in the last resort in memory,
 *  where what the parent asks for is still sent if there is a network. Pages then say so (`storage.keeping`). */
export async function withCurrent<T>(work: (base: Base) => Promise<T>): Promise<T> {
  if (!base) throw new Error('nobody is signed in on this device');
  const broken = base;
  try {
    return await withDb(broken, work);
  } catch (fault) {
    if (broken.leaving || broken.memory || !(isClosedByBrowser(fault) || isQuota(fault))) throw fault;
    console.warn('The browser’s database is out of order, going on in memory:', (fault as Error).name);
    if (base === broken) useBase(await openBase(broken.account, { memory: true }));
    return await work(base);
  }
}
