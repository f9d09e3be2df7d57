// The commands that wait on this phone, and what they change on screen. One numbering for all tabs, because a command and its
// number are written in one transaction; the rules are the protocol's, in sync/.
import type { Args, Op } from '../../../sync/device.ts';
import { fold, inLine, type Place } from '../../../sync/fold.ts';
import { enqueue, unpark, withdraw } from '../../../sync/outbox.ts';
import { type Base, deviceState, putOutbox, putState, type Tables } from './base';
import { splitSession } from './dates';
import { mustWait, releaseWaiting, removeFiles } from './held';
import { makeId } from './ids';
import { rowsOf } from './lookups';
import type { BookingBody, CommandKind } from './rows';
import { slotOf } from './slots';
import type { BookingView, PhoneMark, QueuedCommand } from './views';

const ASKING = ['reservation.book@1', 'waitlist.join@1'];

/** `files`: what must be with the town before it leaves. */
export interface Wanted { kind: CommandKind; args: Args; files?: string[] }

/** Stores commands under the next numbers, all or none. When this resolves, the disk has them. */
export async function append(base: Base, drafts: Wanted[], now: number): Promise<Op[]> {
  return await base.write(async (tables) => {
    let state = await deviceState(tables, base.account);
    const added: Op[] = [];
    for (const draft of drafts) {
      const made = { ...draft, id: makeId('o'), actor: base.account, at: new Date(now).toISOString(), made_at: now };
      const { state: after, op } = enqueue(state, made);
      const waits = await mustWait(tables, made);
      state = waits ? state : after;
      added.push(waits ? { ...op, n: 0, parked: 'files' } : op);
      await tables.outbox.putMany(added.slice(-1));
    }
    await putState(tables, state);
    return added;
  });
}

/** Takes back a command that never left, or only its bookings `rids`; what was queued about these bookings afterwards goes too.
 *  False: it is on its way, or answered. */
export async function takeBack(base: Base, id: string, rids?: string[]): Promise<boolean> {
  return await base.write(async (tables) => {
    const target = await tables.outbox.get(id);
    if (!target || target.sent) return false;
    const gone = new Set(rids ?? (target.args.items ?? []).map((item) => item.rid));
    await dropItems(tables, target, rids ? gone : null);
    if (!ASKING.includes(target.kind)) return true;
    for (const op of await tables.outbox.all()) {
      if (!op.sent && (op.args.items ?? []).some((item) => gone.has(item.rid))) await dropItems(tables, op, gone);
    }
    return true;
  });
}

/** Takes bookings out of an unsent command; null, or when none is left: the whole command. */
async function dropItems(tables: Tables, op: Op, gone: Set<string> | null): Promise<void> {
  const left = gone ? (op.args.items ?? []).filter((item) => !gone.has(item.rid)) : [];
  if (left.length) {
    await tables.outbox.put({ ...op, args: { ...op.args, items: left } });
    return;
  }
  const before = await tables.outbox.all();
  const after = withdraw(await deviceState(tables, op.actor), before, op.id);
  await putOutbox(tables, before, after.outbox);
  await putState(tables, after.state);
  if (!op.files?.length) return;
  await removeFiles(tables, op.files);
  await releaseWaiting(tables, op.actor);
}

/** The parent agreed: a command that was set aside goes to the end of the queue. */
export async function release(base: Base, id: string): Promise<void> {
  await base.write(async (tables) => {
    const before = await tables.outbox.all();
    const after = unpark(await deviceState(tables, base.account), before, id);
    await putOutbox(tables, before, after.outbox);
    await putState(tables, after.state);
  });
}

/** In the order in which they will be sent, then those set aside. */
export async function queuedCommands(tables: Tables): Promise<QueuedCommand[]> {
  return await Promise.all(inLine(await tables.outbox.all()).map(async (op) => ({
    id: op.id, n: op.n, kind: op.kind as CommandKind, args: op.args, madeAt: op.made_at, phase: phaseOf(op),
    reason: op.parked === 'files' ? null : op.parked, sendBefore: await sendBefore(tables, op),
  })));
}

function phaseOf(op: Pick<Op, 'sent' | 'parked'>): PhoneMark['phase'] {
  return op.parked && op.parked !== 'files' ? 'parked' : op.sent ? 'sending' : 'queued';
}

/** The last moment at which the whole command can still arrive in time; null: no limit is known. */
async function sendBefore(tables: Tables, op: Op): Promise<number | null> {
  const rows = await rowsOf(tables, 'resa');
  const limits = await Promise.all((op.args.items ?? []).map(async (item) => {
    const booking = rows.find((row) => row.key === `resa/${item.rid}`)?.body as BookingBody | undefined;
    const session = item.session ?? booking?.session;
    return session ? await limitOf(tables, op.kind, session, booking) : null;
  }));
  const known = limits.filter((limit) => limit !== null);
  return known.length ? Math.min(...known) : null;
}

async function limitOf(tables: Tables, kind: string, session: string, booking: BookingBody | undefined): Promise<number | null> {
  if (kind === 'reservation.confirm@1') return booking?.until ? Date.parse(booking.until) : null;
  const slot = await slotOf(tables, session);
  if (!slot) return null;
  return kind === 'reservation.cancel@1' || kind === 'waitlist.leave@1' ? slot.removeUntil : slot.addUntil;
}

/** Confirmed bookings of the dates, and over them what this phone still asks for. */
export async function foldedBookings(tables: Tables, from: string, to: string): Promise<BookingView[]> {
  const rows = (await rowsOf(tables, 'resa', from, to)).map((row) => ({ k: row.key, b: row.body as Record<string, unknown> }));
  const outbox = await tables.outbox.all();
  const shown = fold(rows, outbox).filter((place) => splitSession(place.session).date >= from && splitSession(place.session).date <= to);
  return await Promise.all(shown.map((place) => asBooking(tables, place)));
}

const KIND_OF: Record<PhoneMark['kind'], CommandKind> = {
  book: 'reservation.book@1', join: 'waitlist.join@1', cancel: 'reservation.cancel@1', leave: 'waitlist.leave@1', confirm: 'reservation.confirm@1',
};

async function asBooking(tables: Tables, place: Place): Promise<BookingView> {
  const { phone, state, ...body } = place;
  const confirmed = state ? (body as unknown as BookingBody) : undefined;
  return {
    ...{ mine: true, ...splitSession(place.session), decided_at: '' },
    ...body,
    state: state ?? 'asked',
    phone: phone && {
      id: phone.id, n: phone.n, kind: phone.ask, phase: phaseOf(phone), limitCents: phone.limit_cents,
      sendBefore: await limitOf(tables, KIND_OF[phone.ask], place.session, confirmed),
    },
  };
}
