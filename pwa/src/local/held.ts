// Commands that wait for their files. They have no number yet, so nothing else waits for them: a booking never waits for a photo.
import type { Op } from '../../../sync/device.ts';
import { unpark } from '../../../sync/outbox.ts';
import { deviceState, putOutbox, putState, type Tables } from './base';

/** Whether a command must wait: a file of its is not with the town yet, or an earlier one about the same thing waits. */
export async function mustWait(tables: Tables, op: Pick<Op, 'args' | 'files' | 'made_at'>): Promise<boolean> {
  const files = await tables.files.getMany([...(op.files ?? [])]);
  if (files.some((file) => file && file.state !== 'stored')) return true;
  const earlier = (await tables.outbox.all()).filter((other) => other.parked === 'files');
  return earlier.some((other) => sameThing(other, op));
}

function sameThing(one: Pick<Op, 'args'>, other: Pick<Op, 'args'>): boolean {
  if (one.args.thread !== undefined && one.args.thread === other.args.thread) return true;
  const rids = (one.args.items ?? []).map((item) => item.rid);
  return (other.args.items ?? []).some((item) => rids.includes(item.rid));
}

/** Lets go, in the order in which they were made, the commands whose files have all arrived (or were taken out). How many.
 *  Inside the transaction that learnt of it. */
export async function releaseWaiting(tables: Tables, account: string): Promise<number> {
  let released = 0;
  const held = (await tables.outbox.all()).filter((op) => op.parked === 'files').sort((one, other) => one.made_at - other.made_at);
  const stay: Op[] = [];
  for (const op of held) {
    const files = await tables.files.getMany([...(op.files ?? [])]);
    if (files.some((file) => file && file.state !== 'stored') || stay.some((other) => sameThing(other, op))) {
      stay.push(op);
      continue;
    }
    const before = await tables.outbox.all();
    const after = unpark(await deviceState(tables, account), before, op.id);
    await putOutbox(tables, before, after.outbox);
    await putState(tables, after.state);
    released += 1;
  }
  return released;
}

/** Files leave this phone, with their bytes. */
export async function removeFiles(tables: Tables, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await tables.files.delete(id);
    await tables.parts.deleteBetween([id, 0], [id, Number.MAX_SAFE_INTEGER]);
  }
}
