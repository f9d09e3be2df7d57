// A phone for the tests: one browser with its own storage, which can be switched off at any moment.
import { IDBFactory, IDBKeyRange, IDBObjectStore } from 'fake-indexeddb';
import { vi } from 'vitest';
import { Base, deviceState } from '../../pwa/src/local/base';
import { rowsOf } from '../../pwa/src/local/lookups';
import { foldedBookings, append, queuedCommands } from '../../pwa/src/local/queue';
import type { BookingView, QueuedCommand } from '../../pwa/src/local/views';
import { exchangeOnce, type Exchanged } from '../../pwa/src/syncing/exchange';
import type { Town } from './town';

vi.stubGlobal('__APP_VERSION__', '1.0');
export const NOW = Date.parse('2026-11-23T20:00:00Z');

/** A new browser: nothing stored in it, and the town as its only correspondent. */
export function newPhone(town: Town): Base {
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('IDBKeyRange', IDBKeyRange);
  vi.stubGlobal('fetch', town.fetch);
  return openAgain();
}

/** The same browser after it was killed, or a second tab of it. */
export function openAgain(account = 'nadia'): Base {
  return new Base(account);
}

let rids = 0;

/** Asks for a place as a page does; the name of the booking. */
export async function wish(base: Base, ...sessions: string[]): Promise<string[]> {
  const items = sessions.map((session) => ({ rid: `r_${++rids}`, child: 'lea', session }));
  await append(base, [{ kind: 'reservation.book@1', args: { items, mode: 'each', if_full: 'waitlist' } }], NOW);
  return items.map((item) => item.rid);
}

export async function wishAway(base: Base, ...names: string[]): Promise<void> {
  await append(base, [{ kind: 'reservation.cancel@1', args: { items: names.map((rid) => ({ rid })) } }], NOW);
}

/** Exchanges until nothing is left to do, or until it no longer gets on. */
export async function exchange(base: Base, most = 20): Promise<Exchanged> {
  let done = await exchangeOnce(base, 50);
  for (let i = 1; i < most && done.progressed && done.unfinished; i++) done = await exchangeOnce(base, 50);
  return done;
}

export async function onScreen(base: Base): Promise<BookingView[]> {
  return await base.read((tables) => foldedBookings(tables, '2026-01-01', '2027-12-31'));
}

/** How a booking is shown: what the town said, and what is still on the phone. */
export async function shownAs(base: Base, rid: string): Promise<string> {
  const place = (await onScreen(base)).find((one) => one.rid === rid);
  return place ? [place.state, place.phone?.kind, place.phone?.phase].filter(Boolean).join(' ') : 'nothing';
}

export async function commands(base: Base): Promise<QueuedCommand[]> {
  return await base.read(queuedCommands);
}

export async function rowsIn(base: Base, kind: string): Promise<string[]> {
  return (await base.read((tables) => rowsOf(tables, kind))).map((row) => row.key).sort();
}

export async function waiting(base: Base): Promise<number> {
  return (await commands(base)).length;
}

export async function deviceOf(base: Base): Promise<string | null> {
  return (await base.read((tables) => deviceState(tables, base.account))).device;
}

/** The next record put into this store fails; those after it are written as usual. */
export function failNext(store: string, fault: Error): void {
  const put = IDBObjectStore.prototype.put;
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: InstanceType<typeof IDBObjectStore>, ...args: Parameters<typeof put>) {
    if (this.name !== store) return put.apply(this, args);
    spy.mockRestore();
    throw fault;
  });
}
