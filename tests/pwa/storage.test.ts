// When the browser's storage fails: read on, keep the queue, say so.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Base, openBase } from '../../pwa/src/local/base';
import { useBase, withCurrent } from '../../pwa/src/local/current.svelte';
import { append } from '../../pwa/src/local/queue';
import { refillIfRoom, withDb } from '../../pwa/src/local/room';
import { commands, exchange, failNext, newPhone, NOW, rowsIn, waiting, wish } from './phone';
import { Town } from './town';

const MONDAY = 'matin:2026-11-30';
const COMMAND = { kind: 'waitlist.leave@1' as const, args: { items: [{ rid: 'r_x' }] } };
let town: Town;

beforeEach(() => (town = new Town()));

/** The next write of this store meets a full disk. */
const fillDisk = (store: 'outbox' | 'rows'): void => failNext(store, new DOMException('no room', 'QuotaExceededError'));

/** The browser cuts the connection without a word. */
const cut = async (base: Base): Promise<void> => (await base.open()).close();

describe('a full disk', () => {
  it('lets go of old news to make room for a booking', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    fillDisk('outbox');
    await withDb(phone, (base) => append(base, [COMMAND], NOW));
    expect(await waiting(phone)).toBe(1);
    expect(await rowsIn(phone, 'news')).toEqual([]);
    expect(await rowsIn(phone, 'child')).toHaveLength(1);
  });

  it('does not stop the answers of the town, and never costs a queued command', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    fillDisk('rows');
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY]);
    expect(await waiting(phone)).toBe(0);
    expect(await rowsIn(phone, 'resa')).toHaveLength(1);
  });

  it('fails loudly, with the queue as it was, when there is nothing left to let go', async () => {
    const phone = newPhone(town);
    await wish(phone, MONDAY);
    fillDisk('outbox');
    await expect(withDb(phone, (base) => append(base, [COMMAND], NOW))).rejects.toThrow('no room');
    expect((await commands(phone)).map((op) => op.n)).toEqual([1]);
  });

  it('is over: what was let go is fetched again', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    fillDisk('outbox');
    await withDb(phone, (base) => append(base, [COMMAND], NOW));
    const real = navigator;
    vi.stubGlobal('navigator', { userAgent: 'test', storage: { estimate: async () => ({ usage: 1, quota: 100 }) } });
    await refillIfRoom(phone);
    await exchange(phone);
    vi.stubGlobal('navigator', real);
    expect(await rowsIn(phone, 'news')).toHaveLength(1);
  });
});

describe('a database that the browser closed', () => {
  it('is opened again, and the read answers', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await cut(phone);
    expect(await withDb(phone, (base) => rowsIn(base, 'child'))).toHaveLength(1);
  });

  it('is opened again for a booking', async () => {
    const phone = newPhone(town);
    await wish(phone, MONDAY);
    await cut(phone);
    await withDb(phone, (base) => append(base, [COMMAND], NOW));
    expect((await commands(phone)).map((op) => op.n)).toEqual([1, 2]);
  });
});

describe('a browser without storage', () => {
  it('works in memory, and the booking still goes up', async () => {
    newPhone(town);
    vi.stubGlobal('indexedDB', { open: () => { throw new DOMException('not here', 'SecurityError'); } });
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
    phone.open = () => Promise.reject(new DOMException('gone', 'UnknownError'));
    await withCurrent((base) => append(base, [COMMAND], NOW));
    expect(await withCurrent(async (base) => base.memory)).toBe(true);
    expect(await withCurrent(waiting)).toBe(1);
    useBase(null);
  });
});

it('a base of an earlier version keeps its queue and gains what is new', async () => {
  const base = newPhone(new Town());
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.open('portail-nadia', 1);
    request.onupgradeneeded = () => {
      const keys: [string, string | string[]][] = [
        ['rows', ['scope', 'key']], ['staging', ['scope', 'key']], ['scopes', 'scope'], ['outbox', 'id'], ['journal', 'id'], ['meta', 'k'],
      ];
      for (const [name, keyPath] of keys) {
        const store = request.result.createObjectStore(name, { keyPath });
        if (name === 'rows') store.createIndex('kind+date', ['kind', 'date']);
        if (name === 'outbox') store.put({ id: 'o_1', n: 1, kind: 'reservation.cancel@1', args: { items: [{ rid: 'r_1' }] }, at: '', actor: 'nadia', made_at: NOW, sent: false, parked: null, agreed: false });
      }
    };
    request.onsuccess = () => resolve(request.result.close());
    request.onerror = () => reject(request.error);
  });
  expect((await commands(base)).map((one) => one.n)).toEqual([1]);
  expect(await base.read((tables) => tables.files.count())).toBe(0);
});
