// When the browser's storage fails: read on, keep the queue, say so.
import { Dexie } from 'dexie';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Base, openBase } from '../../pwa/src/local/base';
import { useBase, withCurrent } from '../../pwa/src/local/current.svelte';
import { rowsOf } from '../../pwa/src/local/lookups';
import { append, queuedCommands } from '../../pwa/src/local/queue';
import { refillIfRoom, withDb } from '../../pwa/src/local/room';
import { exchange, newPhone, NOW, waiting, wish } from './phone';
import { Town } from './town';

const MONDAY = 'matin:2026-11-30';
const COMMAND = { kind: 'waitlist.leave@1' as const, args: { items: [{ rid: 'r_x' }] } };
let town: Town;

beforeEach(() => (town = new Town()));

/** The next write of this table meets a full disk. */
function fillDisk(base: Base, table: 'outbox' | 'rows'): void {
  const full = (): void => {
    base.table(table).hook('creating').unsubscribe(full);
    throw new DOMException('no room', 'QuotaExceededError');
  };
  base.table(table).hook('creating', full);
}

describe('a full disk', () => {
  it('lets go of old news to make room for a booking', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    fillDisk(phone, 'outbox');
    await withDb(phone, (base) => append(base, [COMMAND], NOW));
    expect(await waiting(phone)).toBe(1);
    expect(await rowsOf(phone, 'news')).toEqual([]);
    expect(await rowsOf(phone, 'child')).toHaveLength(1);
  });

  it('does not stop the answers of the town, and never costs a queued command', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    fillDisk(phone, 'rows');
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY]);
    expect(await waiting(phone)).toBe(0);
    expect(await rowsOf(phone, 'resa')).toHaveLength(1);
  });

  it('fails loudly, with the queue as it was, when there is nothing left to let go', async () => {
    const phone = newPhone(town);
    await wish(phone, MONDAY);
    fillDisk(phone, 'outbox');
    await expect(withDb(phone, (base) => append(base, [COMMAND], NOW))).rejects.toThrow('no room');
    expect((await queuedCommands(phone)).map((op) => op.n)).toEqual([1]);
  });

  it('is over: what was let go is fetched again', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    fillDisk(phone, 'outbox');
    await withDb(phone, (base) => append(base, [COMMAND], NOW));
    const real = navigator;
    vi.stubGlobal('navigator', { userAgent: 'test', storage: { estimate: async () => ({ usage: 1, quota: 100 }) } });
    await refillIfRoom(phone);
    await exchange(phone);
    vi.stubGlobal('navigator', real);
    expect(await rowsOf(phone, 'news')).toHaveLength(1);
  });
});

describe('a database that the browser closed', () => {
  it('is opened again, and the read answers', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    phone.backendDB().close();
    expect(await withDb(phone, (base) => rowsOf(base, 'child'))).toHaveLength(1);
  });

  it('is opened again for a booking', async () => {
    const phone = newPhone(town);
    await wish(phone, MONDAY);
    phone.backendDB().close();
    await withDb(phone, (base) => append(base, [COMMAND], NOW));
    expect((await queuedCommands(phone)).map((op) => op.n)).toEqual([1, 2]);
  });
});

describe('a browser without storage', () => {
  it('works in memory, and the booking still goes up', async () => {
    newPhone(town);
    Dexie.dependencies.indexedDB = { open: () => { throw new DOMException('not here', 'SecurityError'); } } as unknown as IDBFactory;
    const base = await openBase('nadia');
    expect(base.memory).toBe(true);
    await wish(base, MONDAY);
    await exchange(base);
    expect(town.booked()).toEqual([MONDAY]);
  });

  it('that loses it in mid-session goes on in memory', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    useBase(phone);
    phone.close();
    phone.open = () => Promise.reject(new DOMException('gone', 'UnknownError')) as never;
    await withCurrent((base) => append(base, [COMMAND], NOW));
    expect(await withCurrent(async (base) => base.memory)).toBe(true);
    expect(await withCurrent(waiting)).toBe(1);
    useBase(null);
  });
});
