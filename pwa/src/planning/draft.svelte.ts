/** What is ticked and not saved yet: kept from week to week, and shown as such. Nothing here is promised to anyone. */
import { SvelteMap } from 'svelte/reactivity';
import { book, cancel, clock, joinWaitingList, withdrawQueued, type BookItem, type Kept } from '../local/api';
import { isHeld, priceNow, type Line } from './rules';

export interface Wish {
  key: string; child: string; session: string; unit: string; date: string;
  kind: 'add' | 'remove'; cents: number; full: boolean; excludes: readonly string[];
  /** Of a removal: the booking. */
  rid?: string;
}

/** The most items that one command carries. */
const ITEMS = 60;

export const wishes = new SvelteMap<string, Wish>();
export const choice = $state({ waitIfFull: true, together: false });

/** `needing`: held lines of the day that could not stay without this one; they go with it, and come back with it. */
export function toggle(line: Line, needing: Line[] = []): void {
  if (wishes.delete(line.key)) {
    for (const other of needing) if (wishes.get(other.key)?.kind === 'remove') wishes.delete(other.key);
    return;
  }
  if (isHeld(line.booking)) for (const other of needing) if (!wishes.has(other.key)) toggle(other);
  const { key, child, session, date, unit, booking, slot } = line;
  if (booking && isHeld(booking)) {
    wishes.set(key, { key, child, session, unit: unit.id, date, kind: 'remove', cents: booking.cents ?? 0, full: false, excludes: [], rid: booking.rid });
    return;
  }
  for (const other of wishes.values()) {
    if (other.child === child && other.date === date && (unit.excludes.includes(other.unit) || other.excludes.includes(unit.id))) wishes.delete(other.key);
  }
  wishes.set(key, { key, child, session, unit: unit.id, date, kind: 'add', cents: priceNow(line, clock()), full: slot?.level === 2, excludes: unit.excludes });
}

const itemOf = (wish: Wish): BookItem => ({ child: wish.child, session: wish.session, maxPriceCents: wish.cents });

async function inParts<T>(items: T[], send: (part: T[]) => Promise<Kept>): Promise<string[]> {
  const commands: string[] = [];
  for (let at = 0; at < items.length; at += ITEMS) commands.push(...(await send(items.slice(at, at + ITEMS))).ids);
  return commands;
}

/** Writes everything on the phone, cancellations first so that a freed place may serve. Returns the commands made: none when
 *  all that was taken back had never left. */
export async function keep(list: Wish[], waitIfFull: boolean, together = false): Promise<string[]> {
  const removals = list.flatMap((wish) => (wish.kind === 'remove' && wish.rid ? [wish.rid] : []));
  const adds = list.filter((wish) => wish.kind === 'add');
  const commands = await inParts(removals, cancel);
  const asked = adds.filter((wish) => waitIfFull || !wish.full).map(itemOf);
  commands.push(...(await inParts(asked, (part) => book(part, { mode: 'each', ifFull: waitIfFull ? 'waitlist' : 'ask', together }))));
  const waiting = adds.filter((wish) => !waitIfFull && wish.full).map(itemOf);
  commands.push(...(await inParts(waiting, joinWaitingList)));
  for (const wish of list) wishes.delete(wish.key);
  return commands;
}

/** « Annuler » on the toast: takes back what has not left yet. False when something had. */
export async function takeBack(commands: string[]): Promise<boolean> {
  const results = await Promise.all(commands.map((id) => withdrawQueued(id)));
  return results.every(Boolean);
}
