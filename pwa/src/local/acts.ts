// What a parent asks for. Each act resolves once the command is safely on the phone; sending it is the exchange's business.
import { MOST_ITEMS } from '../../../sync/commands.ts';
import { wake } from '../syncing/loop';
import type { Item } from '../../../sync/device.ts';
import type { Base } from './base';
import { clock } from './clock';
import { withCurrent } from './current.svelte';
import { makeId } from './ids';
import { askToKeep } from './keeping.svelte';
import { childrenOf } from './plans';
import { append, foldedBookings, queuedCommands, release, takeBack, type Wanted } from './queue';
import { dismissedKeys } from './reads';
import type { AbsenceReason, CommandKind } from './rows';
import type { BookingView, BookItem, Kept } from './views';

/** Asks for places. `each`: every place for itself; `all`: all or none, at most 60. */
export async function book(items: BookItem[], options: { mode?: 'each' | 'all'; ifFull?: 'waitlist' | 'ask'; together?: boolean } = {}): Promise<Kept> {
  const kept = await withCurrent(async (base) => {
    // Wanting back a place whose cancellation has not left yet: the cancellation is taken back, the place was never lost.
    const wanted = await withoutQueuedCancels(base, items);
    const args = { mode: options.mode ?? 'each', if_full: options.ifFull ?? 'waitlist', ...(options.together ? { together: 'yes' } : {}) };
    return await ask(base, await perFamily(base, 'reservation.book@1', wanted, args), items.length - wanted.length > 0);
  });
  void askToKeep();
  return kept;
}

export async function joinWaitingList(items: BookItem[], together = false): Promise<Kept> {
  return await withCurrent(async (base) => ask(base, await perFamily(base, 'waitlist.join@1', items, together ? { together: 'yes' } : {}), false));
}

/** Gives places back. What was only asked for, and never sent, is simply taken out of the queue. */
export async function cancel(rids: string[]): Promise<Kept> {
  return await giveBack('reservation.cancel@1', rids);
}

export async function leaveWaitingList(rids: string[]): Promise<Kept> {
  return await giveBack('waitlist.leave@1', rids);
}

/** Accepts a changed price, or a place that became free. */
export async function confirm(rid: string, maxCents: number): Promise<Kept> {
  const args = { items: [{ rid, max_price_cents: maxCents }] };
  return await withCurrent((base) => ask(base, [{ kind: 'reservation.confirm@1', args }], false));
}

/** A child will not come today or tomorrow; the booking stays. */
export async function declareAbsence(rid: string, reason: AbsenceReason, note: string, files: string[] = []): Promise<Kept> {
  const args = { items: [{ rid }], reason, ...(note ? { note } : {}), ...(files.length ? { files: [...files] } : {}) };
  return await withCurrent((base) => ask(base, [{ kind: 'absence.declare@1', args, files: [...files] }], false));
}

export async function renameDevice(device: string, label: string): Promise<Kept> {
  return await withCurrent((base) => ask(base, [{ kind: 'device.rename@1', args: { device, label } }], false));
}

export async function revokeDevice(device: string): Promise<Kept> {
  return await withCurrent((base) => ask(base, [{ kind: 'device.revoke@1', args: { device } }], false));
}

/** Undo before sending: the whole command, or only the given bookings of it. False: too late, it is on its way (then `cancel`). */
export async function withdrawQueued(id: string, rids?: string[]): Promise<boolean> {
  return await withCurrent((base) => takeBack(base, id, rids));
}

/** Sends a command that was set aside after all, at the end of the queue. */
export async function resendParked(id: string): Promise<void> {
  await withCurrent((base) => release(base, id));
  wake();
}

/** Takes a receipt off this device's list; the town keeps it. */
export async function dismissReceipt(key: string): Promise<void> {
  await withCurrent((base) => base.write(async (tables) => {
    await tables.meta.put({ k: 'dismissed', v: [...(await dismissedKeys(tables)), key] });
  }));
}

async function ask(base: Base, drafts: Wanted[], tookBack: boolean): Promise<Kept> {
  const ops = drafts.length ? await append(base, drafts, Math.round(clock())) : [];
  if (ops.length || tookBack) wake();
  return { ids: ops.map((op) => op.id), rids: drafts.flatMap((draft) => (draft.args.items ?? []).map((item) => item.rid)) };
}

/** One command per family of the children (a child of separated parents has two), within the size that the town accepts. */
async function perFamily(base: Base, kind: CommandKind, items: BookItem[], args: Record<string, unknown>): Promise<Wanted[]> {
  const families = new Map((await base.read(childrenOf)).map((child) => [child.id, child.families]));
  const groups = new Map<string, Item[]>();
  for (const { child, session, maxPriceCents } of items) {
    const choices = families.get(child) ?? [];
    // The family is named only where the child leaves a choice.
    const family = choices.length > 1 ? (choices[0] as string) : '';
    const item: Item = { rid: makeId('r'), child, session, ...(maxPriceCents === undefined ? {} : { max_price_cents: maxPriceCents }) };
    groups.set(family, [...(groups.get(family) ?? []), item]);
  }
  return [...groups].flatMap(([family, group]) =>
    portions(group).map((portion) => ({ kind, args: { items: portion, ...args, ...(family ? { family } : {}) } })));
}

function portions<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / MOST_ITEMS) }, (_, i) => all.slice(i * MOST_ITEMS, (i + 1) * MOST_ITEMS));
}

async function giveBack(kind: CommandKind, rids: string[]): Promise<Kept> {
  return await withCurrent(async (base) => {
    const places = new Map((await allBookings(base)).map((place) => [place.rid, place]));
    const left: string[] = [];
    for (const rid of rids) if (!(await neverLeft(base, places.get(rid)))) left.push(rid);
    const drafts = portions(left).map((portion) => ({ kind, args: { items: portion.map((rid) => ({ rid })) } }));
    return await ask(base, drafts, true);
  });
}

async function allBookings(base: Base): Promise<BookingView[]> {
  return await base.read((tables) => foldedBookings(tables, '', '\uffff'));
}

async function neverLeft(base: Base, place: BookingView | undefined): Promise<boolean> {
  return place?.state === 'asked' && place.phone !== null && (await takeBack(base, place.phone.id, [place.rid]));
}

async function withoutQueuedCancels(base: Base, items: BookItem[]): Promise<BookItem[]> {
  if (!(await base.read(queuedCommands)).some((op) => op.kind === 'reservation.cancel@1')) return items;
  const places = await allBookings(base);
  const wanted: BookItem[] = [];
  for (const item of items) {
    const leaving = places.find((place) => place.child === item.child && place.session === item.session && place.state === 'booked' && place.phone?.kind === 'cancel');
    if (!leaving?.phone || !(await takeBack(base, leaving.phone.id, [leaving.rid]))) wanted.push(item);
  }
  return wanted;
}
