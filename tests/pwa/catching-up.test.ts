// The copy on the phone: always a state the town once had, caught up with little, replaced at one stroke.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Base } from '../../pwa/src/local/base';
import { exchangeOnce } from '../../pwa/src/syncing/exchange';
import { deviceOf, exchange, newPhone, openAgain, rowsIn, shownAs, waiting, wish } from './phone';
import { FAMILY, Town } from './town';

const MONDAY = 'matin:2026-11-30';
const TUESDAY = 'matin:2026-12-01';
let town: Town;

beforeEach(() => (town = new Town()));

const news = (base: Base): Promise<string[]> => rowsIn(base, 'news');
const staged = (base: Base): Promise<number> => base.read((tables) => tables.staging.count());

function publish(count: number): void {
  for (let i = 2; i <= count; i++) town.put('t:news', `news/${i}`, { title: `${i}`, summary: '', body: '', at: '2026-11-20', pinned: false });
}

describe('the copy', () => {
  it('asks for what changed since, and nothing when nothing did', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    publish(2);
    expect((await exchange(phone)).rows).toBe(1);
    expect((await exchange(phone)).rows).toBe(0);
    expect(town.requests.at(-1)?.cursors[FAMILY]).toBe(town.cursor(FAMILY));
  });

  it('drops what the town deleted', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    town.put('t:news', 'news/1', null);
    await exchange(phone);
    expect(await news(phone)).toEqual([]);
  });

  it('comes in pages, and a booking is sent meanwhile', async () => {
    publish(40);
    town.pageSize = 3;
    const phone = newPhone(town);
    await exchange(phone, 3);
    await wish(phone, MONDAY);
    await exchange(phone, 1);
    expect(town.booked()).toEqual([MONDAY]);
    await exchange(phone, 40);
    expect(await news(phone)).toHaveLength(40);
    expect(await waiting(phone)).toBe(0);
  });

  it('shows the old rows until the new ones are whole, then all of them', async () => {
    publish(9);
    const phone = newPhone(town);
    await exchange(phone);
    town.gen = 'c1';
    town.put('t:news', 'news/1', null);
    town.pageSize = 4;
    for (let page = 0; page < 2; page++) {
      await exchangeOnce(phone, 50);
      expect(await news(phone)).toHaveLength(9);
    }
    await exchange(phone);
    expect(await news(phone)).toHaveLength(8);
    expect(await staged(phone)).toBe(0);
  });

  it('begins a replacement again when the phone died in the middle of it', async () => {
    publish(9);
    const phone = newPhone(town);
    await exchange(phone);
    town.gen = 'c1';
    town.pageSize = 4;
    await exchangeOnce(phone, 50);
    phone.close();
    const later = openAgain();
    expect(await news(later)).toHaveLength(9);
    await exchange(later);
    expect(await news(later)).toHaveLength(9);
    expect(await staged(later)).toBe(0);
  });

  it('is fetched whole again when it differs from the town’s', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    publish(3);
    town.wrongDigests = 1;
    await exchange(phone);
    expect(await news(phone)).toHaveLength(3);
    expect(town.requests.at(-1)?.cursors['t:news']).toBe('0.0');
  });

  it('stops asking when even a whole new copy differs', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    town.wrongDigests = 99;
    publish(3);
    const before = town.requests.length;
    await exchange(phone);
    expect(town.requests.length - before).toBeLessThanOrEqual(3);
    expect(await news(phone)).toHaveLength(3);
  });

  it('gives up the rows of a family that is no longer this account’s', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    town.scopes.delete(FAMILY);
    await exchange(phone);
    expect(await rowsIn(phone, 'child')).toEqual([]);
    expect(await rowsIn(phone, 'news')).toHaveLength(1);
  });
});

describe('a town that lost its memory', () => {
  it('restored yesterday’s backup, and gets back what it had accepted since', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    const restore = town.backup();
    const [rid] = await wish(phone, MONDAY);
    await exchange(phone);
    restore();
    expect(town.booked()).toEqual([]);
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY]);
    expect(await shownAs(phone, rid as string)).toBe('booked');
    expect(await waiting(phone)).toBe(0);
  });

  it('no longer knows the device: the queue goes up under a new one', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    town.devices.delete('d_1');
    town.devices.set('d_of_someone', { last_n: 0, prints: new Map(), receipts: new Map(), revoked: false });
    await exchange(phone);
    expect(await deviceOf(phone)).toBe('d_2');
    expect(town.booked()).toEqual([MONDAY]);
    expect(await waiting(phone)).toBe(0);
  });
});

describe('a phone that was copied', () => {
  it('takes a device of its own when its numbers were used by the other one', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    const twin = town.devices.get('d_1');
    twin?.prints.set(1, 'another command');
    if (twin) twin.last_n = 1;
    await exchange(phone);
    expect(await deviceOf(phone)).toBe('d_2');
    expect(town.booked()).toEqual([MONDAY]);
    await wish(phone, TUESDAY);
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY, TUESDAY]);
  });
});
