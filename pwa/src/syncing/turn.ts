// One sender at a time over tabs and worker, to save requests. Safety does not rest on it: the town recognises what it was sent
// twice, and the base is written in transactions. So a lock that a frozen tab holds for ever must not stop the others.
const PATIENCE = 15_000;
const DISTRUST = 600_000;
let distrustedUntil = 0;

/** Runs `work` when nobody else exchanges for this account, or after 15 seconds of waiting for them. */
export async function takeTurn<T>(account: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  if (!locks || performance.now() < distrustedUntil) return await work();
  const impatience = AbortSignal.timeout(PATIENCE);
  try {
    return await locks.request(`portail-exchange-${account}`, { signal: impatience }, work);
  } catch (fault) {
    if (!impatience.aborted || fault !== impatience.reason) throw fault;
    distrustedUntil = performance.now() + DISTRUST;
    return await work();
  }
}
