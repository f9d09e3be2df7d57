// One exchange with the town, from the pages or from the worker: ask, understand, store. What things mean is decided in sync/.
import { type Decision, interpret, planRequest, type Plan, type Sent } from '../../../sync/device.ts';
import { isStale, park } from '../../../sync/outbox.ts';
import { type Base, deviceState, putOutbox, putState, type Tables } from '../local/base';
import { anchorClock } from '../local/clock';
import { makeId } from '../local/ids';
import { withDb } from '../local/room';
import { type Applied, apply } from './apply';
import { registerDevice } from './devices';
import { ask, type Answer } from './transport';

export interface Exchanged { decision: Decision; /** 0: nobody answered */ status: number; progressed: boolean; unfinished: boolean; rows: number; answeredAt: number }

/** What the app can read: raised when the bodies of rows change shape. */
const SCHEMA = 1;
const LIMIT = 500;

/** `mostOps`: commands per request, less after "too large". */
export async function exchangeOnce(base: Base, mostOps: number): Promise<Exchanged> {
  const plan = await withDb(base, (open) => prepare(open, mostOps));
  if ('blocked' in plan) {
    if (plan.blocked === 'other_account') return outcome({ do: 'other_account', code: 'other_account' }, 403);
    return await settleIn(base, false);
  }
  const raw = await ask('POST', '/api/sync/v1/exchange', plan.request);
  const decision = interpret(plan.sent, raw.status, raw.type, raw.text, raw.retryAfter);
  // An answer to a former device, overtaken on its way, must not empty or renumber the one that took its place.
  if ((decision.do === 'renumber' || decision.do === 'wiped') && (await isOvertaken(base, plan.sent))) return outcome({ do: 'wait', ms: 0 }, raw.status);
  if (decision.do === 'renumber') return await settleIn(base, decision.code === 'device_unknown');
  if (decision.do !== 'apply') return outcome(decision, raw.status);
  const anchor = anchorClock(decision.reply.server_time, raw.roundTrip);
  // Undone by a power cut, the answer is fetched again and the commands are sent again: the town recognises both.
  const applied = await withDb(base, (open) => open.write(async (tables) => {
    await tables.meta.put({ k: 'clock', v: anchor });
    return await apply(tables, base.account, plan.sent, decision.reply, Math.round(anchor.server));
  }, 'relaxed'));
  if (applied.end === 'taken') return await settleIn(base, false);
  return { ...outcome(decision, raw.status), ...applied };
}

async function isOvertaken(base: Base, sent: Sent): Promise<boolean> {
  return await withDb(base, (open) => open.read(async (tables) => isStale(await deviceState(tables, base.account), sent)));
}

function outcome(decision: Decision, status: number, part: Partial<Applied> = {}): Exchanged {
  return { decision, status, progressed: false, unfinished: true, rows: 0, answeredAt: Date.now(), ...part };
}

/** A new device with numbers of its own; the next exchange sends the queue under them. */
async function settleIn(base: Base, forgotten: boolean): Promise<Exchanged> {
  const answer = await withDb(base, (open) => registerDevice(open, forgotten));
  if (answer.kind === 'ok') {
    anchorClock(answer.body.server_time, answer.roundTrip);
    return outcome({ do: 'renumber', code: 'registered' }, 201, { progressed: true });
  }
  return outcome(meaning(answer), answer.kind === 'refused' ? answer.status : 0);
}

function meaning(answer: Exclude<Answer<unknown>, { kind: 'ok' }>): Decision {
  if (answer.kind === 'unreachable') return { do: 'wait', ms: 0 };
  const { code } = answer.refusal;
  if (answer.status === 401) return { do: 'need_sign_in', code };
  if (answer.status === 426) return { do: 'upgrade', code };
  if (code === 'device_revoked') return { do: 'wiped', code };
  return answer.status >= 500 || answer.status === 429 ? { do: 'wait', ms: answer.retryAfter ?? 0 } : { do: 'broken', code };
}

/** Draws up the request and notes, before it leaves, which commands are on their way: from then on their numbers are fixed. */
async function prepare(base: Base, mostOps: number): Promise<Plan> {
  const draft = async (tables: Tables): Promise<Plan> => {
    const before = await tables.outbox.all();
    const queue = park(await deviceState(tables, base.account), before, base.account, Date.now());
    await putOutbox(tables, before, queue.outbox);
    if (queue.outbox.some((op) => !before.includes(op))) await putState(tables, queue.state);
    const cursors = Object.fromEntries((await tables.scopes.all()).map((held) => [held.scope, held.cursor]));
    const plan = planRequest(queue.state, queue.outbox, cursors, {
      req: makeId('q'), app: __APP_VERSION__, schema: SCHEMA, actor: base.account, limit: LIMIT, most_ops: mostOps,
    });
    const marked = new Set('mark' in plan ? plan.mark : []);
    await tables.outbox.putMany(queue.outbox.filter((op) => marked.has(op.id)).map((op) => ({ ...op, sent: true })));
    return plan;
  };
  // With nothing queued there is nothing to write, and no disk to wait for.
  const question = await base.read(async (tables) => ((await tables.outbox.count()) === 0 ? await draft(tables) : null));
  return question ?? (await base.write(draft));
}
