// What to do when the browser's database fails: open it again, or make room in it.
import { type Base, isClosedByBrowser, isQuota } from './base';

/** Runs `work`; once more after opening again if the browser had closed the base, or after making room if the disk is full. */
export async function withDb<T>(base: Base, work: (base: Base) => Promise<T>): Promise<T> {
  try {
    return await work(base);
  } catch (fault) {
    if (base.leaving) throw fault;
    if (isClosedByBrowser(fault)) base.close({ disableAutoOpen: false });
    else if (!isQuota(fault) || !(await makeRoom(base))) throw fault;
    if (!base.isOpen()) await base.open();
    return await work(base);
  }
}

/** What the town can send again, least missed first. Never the outbox, the journal, the bookings or the children. */
const EXPENDABLE = ['news', 'receipt', 'invoice', 'open'] as const;

/** Lets go of the oldest half of one kind of read-only rows. True when something was let go. */
export async function makeRoom(base: Base): Promise<boolean> {
  for (const kind of EXPENDABLE) {
    const oldest = await base.rows.where('[kind+date]').between([kind, ''], [kind, '\uffff']).toArray();
    const gone = kind === 'open' ? oldest.filter((row) => row.date < new Date().toISOString().slice(0, 7)) : oldest.slice(0, Math.ceil(oldest.length / 2));
    if (!gone.length) continue;
    await base.transaction('rw', base.rows, base.scopes, base.meta, async () => {
      await base.rows.bulkDelete(gone.map((row) => [row.scope, row.key]));
      for (const scope of new Set(gone.map((row) => row.scope))) await base.scopes.update(scope, { thinned: true });
      await base.meta.put({ k: 'storage_full', v: Date.now() });
    });
    return true;
  }
  return false;
}

/** Room again: scopes that were thinned are fetched whole at the next exchange. */
export async function refillIfRoom(base: Base): Promise<void> {
  const thinned = await base.scopes.filter((scope) => scope.thinned === true).toArray();
  if (!thinned.length) return;
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota === 0 || usage > quota * 0.8) return;
  await base.transaction('rw', base.scopes, base.meta, async () => {
    await base.scopes.bulkDelete(thinned.map((scope) => scope.scope));
    await base.meta.delete('storage_full');
  });
}
