// One sender at a time over tabs and worker, to save requests. Safety does not rest on it: the town recognises what it was sent
// twice, and the base is written in transactions. So a lock that a sleeping tab holds for ever must not stop the others.
import type { Base } from '../local/base';
import { withDb } from '../local/room';

const LEASE = 15_000;

/** Runs `work`, or answers `busy` while another one is at it and gave a sign of life within 15 seconds. */
export async function takeTurn<T>(base: Base, work: () => Promise<T>): Promise<T | 'busy'> {
  const locks = base.memory ? undefined : (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  if (!locks) return await work();
  return await locks.request(`portail-exchange-${base.account}`, { ifAvailable: true }, async (lock) => {
    if (!lock && !(await leaseIsOver(base))) return 'busy';
    await withDb(base, (open) => open.write((tables) => tables.meta.put({ k: 'lease', v: Date.now() + LEASE })));
    return await work();
  });
}

async function leaseIsOver(base: Base): Promise<boolean> {
  const until = (await withDb(base, (open) => open.read((tables) => tables.meta.get('lease'))))?.v as number | undefined;
  // A lease far in the future was written by a clock that has been put right since.
  return until === undefined || until < Date.now() || until > Date.now() + LEASE;
}
