// How the last exchange ended, written down for the head of every page in every tab.
import { type Base, countWaiting, type Tables } from '../local/base';
import { withDb } from '../local/room';
import type { Exchanged } from './exchange';
import { ask } from './transport';

/** `okAt`: when this device last held everything the town had for it, and the town everything it had to send. */
export interface LastExchange { at: number; okAt: number | null; end: 'ok' | 'offline' | 'sign_in' | 'trouble' | 'upgrade'; code: string }

const STUCK_AFTER = 600_000;
const WORTH_WRITING = 20_000;
let stillSince: number | null = null;

export async function lastExchange(tables: Tables): Promise<LastExchange | undefined> {
  return (await tables.meta.get('last_exchange'))?.v as LastExchange | undefined;
}

export async function note(base: Base, done: Exchanged): Promise<void> {
  const end = await endOf(base, done);
  const complete = done.decision.do === 'apply' && !done.unfinished;
  await withDb(base, (open) => open.write(async (tables) => {
    const before = await lastExchange(tables);
    const same = before?.end === end.end && before.code === end.code && done.answeredAt - before.at < WORTH_WRITING;
    if (same && (before.okAt !== null || !complete)) return;
    const okAt = complete ? done.answeredAt : (before?.okAt ?? null);
    await tables.meta.put({ k: 'last_exchange', v: { at: done.answeredAt, okAt, ...end } satisfies LastExchange });
  }, 'relaxed'));
}

async function endOf(base: Base, done: Exchanged): Promise<Pick<LastExchange, 'end' | 'code'>> {
  const { decision, status } = done;
  const code = 'code' in decision ? decision.code : '';
  if (decision.do === 'need_sign_in' || decision.do === 'other_account') return { end: 'sign_in', code };
  if (decision.do === 'upgrade') return { end: 'upgrade', code };
  if (decision.do === 'broken' || decision.do === 'smaller') return { end: 'trouble', code };
  if (await isStuck(base, done)) return { end: 'trouble', code: 'stuck' };
  if (decision.do === 'not_ours' || (decision.do === 'wait' && status === 0)) return { end: 'offline', code: '' };
  return decision.do === 'wait' ? { end: 'trouble', code: 'busy' } : { end: 'ok', code: '' };
}

/** Commands wait, nothing has moved for ten minutes, and yet the town is within reach: the parent must be told. */
async function isStuck(base: Base, done: Exchanged): Promise<boolean> {
  const waits = (await withDb(base, (open) => open.read(countWaiting))) > 0;
  stillSince = done.progressed || !waits ? null : (stillSince ?? performance.now());
  if (stillSince === null || performance.now() - stillSince < STUCK_AFTER) return false;
  if (done.decision.do === 'apply' || (await ask('GET', '/api/health')).status === 200) return true;
  stillSince = performance.now();
  return false;
}
