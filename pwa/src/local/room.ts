// What to do when the browser's database fails: open it again, or make room in it.
import { type Base, BY_KIND } from './base';

/** Runs `work`; once more after opening again if the browser had closed the base, or after making room if the disk is full. */
export async function withDb<T>(base: Base, work: (base: Base) => Promise<T>): Promise<T> {
  try {
    return await work(base);
  } catch (fault) {
    if (base.leaving) throw fault;
    if (isClosedByBrowser(fault)) base.close();
    else if (!isQuota(fault) || !(await makeRoom(base))) throw fault;
    return await work(base);
  }
}

/** The browser cut the connection (Safari does it to tabs in the background): opening again is the cure. */
export function isClosedByBrowser(fault: unknown): boolean {
  return fault instanceof DOMException && ['InvalidStateError', 'UnknownError', 'AbortError'].includes(fault.name);
}

export function isQuota(fault: unknown): boolean {
  return fault instanceof DOMException && fault.name === 'QuotaExceededError';
}

/** What the town can send again, least missed first. Never the outbox, the journal, the bookings or the children. */
const EXPENDABLE = ['news', 'receipt', 'invoice', 'open'] as const;

/** Lets go of the oldest half of one kind of read-only rows. True when something was let go. */
export async function makeRoom(base: Base): Promise<boolean> {
  return await base.write(async (tables) => {
    for (const kind of EXPENDABLE) {
      const oldest = await tables.rows.between([kind, ''], [kind, '\uffff'], BY_KIND);
      const past = new Date().toISOString().slice(0, 7);
      const gone = kind === 'open' ? oldest.filter((row) => row.date < past) : oldest.slice(0, Math.ceil(oldest.length / 2));
      if (!gone.length) continue;
      await tables.rows.deleteMany(gone.map((row) => [row.scope, row.key]));
      for (const scope of new Set(gone.map((row) => row.scope))) {
        const held = await tables.scopes.get(scope);
        if (held) await tables.scopes.put({ ...held, thinned: true });
      }
      await tables.meta.put({ k: 'storage_full', v: Date.now() });
      return true;
    }
    return false;
  });
}

/** Room again: scopes that were thinned are fetched whole at the next exchange. */
export async function refillIfRoom(base: Base): Promise<void> {
  const thinned = (await base.read((tables) => tables.scopes.all())).filter((scope) => scope.thinned === true);
  if (!thinned.length) return;
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota === 0 || usage > quota * 0.8) return;
  await base.write(async (tables) => {
    await tables.scopes.putMany(thinned.map((scope) => ({ ...scope, cursor: null, thinned: undefined })));
    await tables.meta.delete('storage_full');
  });
}
