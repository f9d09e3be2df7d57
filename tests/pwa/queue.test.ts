// What a parent asks for on this phone is kept, sent once, and never lost on the way.
import { beforeEach, describe, expect, it } from 'vitest';
import { takeBack } from '../../pwa/src/local/queue';
import { commands, deviceOf, exchange, failNext, newPhone, onScreen, openAgain, shownAs, waiting, wish, wishAway } from './phone';
import { Town } from './town';

const MONDAY = 'matin:2026-11-30';
const TUESDAY = 'matin:2026-12-01';
const THURSDAY = 'matin:2026-12-03';
let town: Town;

beforeEach(() => (town = new Town()));

describe('a booking asked for without a network', () => {
  it('is still there after the phone was switched off', async () => {
    const before = newPhone(town);
    const [rid] = await wish(before, MONDAY);
    before.close();
    expect(await shownAs(openAgain(), rid as string)).toBe('asked book queued');
  });

  it('goes up when the network is back and is answered once', async () => {
    const phone = newPhone(town);
    const [rid] = await wish(phone, MONDAY);
    town.weather = 'no network';
    expect((await exchange(phone)).decision.do).toBe('wait');
    town.weather = 'fine';
    await exchange(phone);
    expect(await shownAs(phone, rid as string)).toBe('booked');
    expect(await waiting(phone)).toBe(0);
  });

  it('is booked once when the answer was lost and it is sent again', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    const [rid] = await wish(phone, MONDAY);
    town.weather = 'reply lost';
    await exchange(phone);
    expect(await shownAs(phone, rid as string)).toBe('asked book sending');
    town.weather = 'fine';
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY]);
    expect(town.devices.get('d_1')?.last_n).toBe(1);
    expect(await shownAs(phone, rid as string)).toBe('booked');
  });

  it('is answered even when the phone dies between the town’s answer and its storing', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    failNext('journal', new Error('switched off'));
    await expect(exchange(phone)).rejects.toThrow('switched off');
    phone.close();
    const later = openAgain();
    expect(await waiting(later)).toBe(1);
    expect((await onScreen(later)).map((place) => place.state)).toEqual(['asked']);
    await exchange(later);
    expect(await waiting(later)).toBe(0);
    expect(town.booked()).toEqual([MONDAY]);
  });

  it('is not taken as delivered by the page of a captive portal', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    town.weather = 'captive portal';
    expect((await exchange(phone)).decision.do).toBe('not_ours');
    expect(await waiting(phone)).toBe(1);
    town.weather = 'fine';
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY]);
  });

  it('waits for its parent when the session is over, and for nobody else', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    town.signedIn = null;
    expect((await exchange(phone)).decision.do).toBe('need_sign_in');
    town.signedIn = 'aminata';
    expect((await exchange(phone)).decision.do).toBe('other_account');
    expect(town.booked()).toEqual([]);
    town.signedIn = 'nadia';
    await exchange(phone);
    expect(town.booked()).toEqual([MONDAY]);
  });

  it('keeps its place in the queue while the town is overloaded', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    await wish(phone, TUESDAY);
    town.weather = 'overloaded';
    expect((await exchange(phone)).decision).toMatchObject({ do: 'wait', ms: 2000 });
    town.weather = 'fine';
    await exchange(phone);
    expect(town.requests.at(-1)?.ops.map((op) => op.n)).toEqual([1, 2]);
  });
});

describe('two tabs', () => {
  it('share one numbering without a gap or a double', async () => {
    const [one, two] = [newPhone(town), openAgain()];
    await Promise.all([wish(one, MONDAY), wish(two, TUESDAY), wish(one, THURSDAY), wish(two, 'soir:2026-11-30')]);
    expect((await commands(one)).map((op) => op.n)).toEqual([1, 2, 3, 4]);
  });

  it('that send at the same moment book once', async () => {
    const [one, two] = [newPhone(town), openAgain()];
    await exchange(one);
    await wish(one, MONDAY);
    await Promise.all([exchange(one), exchange(two)]);
    expect(town.devices.get('d_1')?.last_n).toBe(1);
    expect(await waiting(two)).toBe(0);
    expect((await onScreen(two)).map((place) => place.state)).toEqual(['booked']);
  });

  it('that start together register one device in the end', async () => {
    const [one, two] = [newPhone(town), openAgain()];
    await Promise.all([exchange(one), exchange(two)]);
    expect(await deviceOf(one)).toBe(await deviceOf(two));
  });
});

describe('taking back', () => {
  it('what was never sent leaves no trace, and those behind move up', async () => {
    const phone = newPhone(town);
    await wish(phone, MONDAY);
    await wish(phone, TUESDAY);
    const [first] = await commands(phone);
    expect(await takeBack(phone, first?.id as string)).toBe(true);
    expect((await commands(phone)).map((op) => op.n)).toEqual([1]);
    await exchange(phone);
    expect(town.booked()).toEqual([TUESDAY]);
  });

  it('one day out of several leaves the others in the queue', async () => {
    const phone = newPhone(town);
    const [monday] = await wish(phone, MONDAY, TUESDAY);
    const [command] = await commands(phone);
    await takeBack(phone, command?.id as string, [monday as string]);
    await exchange(phone);
    expect(town.booked()).toEqual([TUESDAY]);
  });

  it('takes along a cancellation that was queued behind it', async () => {
    const phone = newPhone(town);
    const [rid] = await wish(phone, MONDAY);
    await wishAway(phone, rid as string);
    const [command] = await commands(phone);
    await takeBack(phone, command?.id as string);
    expect(await waiting(phone)).toBe(0);
  });

  it('is refused once it may have reached the town', async () => {
    const phone = newPhone(town);
    await exchange(phone);
    await wish(phone, MONDAY);
    town.weather = 'reply lost';
    await exchange(phone);
    const [command] = await commands(phone);
    expect(await takeBack(phone, command?.id as string)).toBe(false);
    expect(await waiting(phone)).toBe(1);
  });

  it('a booking and its cancellation reach the town in that order', async () => {
    const phone = newPhone(town);
    const [rid] = await wish(phone, MONDAY);
    await exchange(phone);
    await wishAway(phone, rid as string);
    expect(await shownAs(phone, rid as string)).toBe('booked cancel queued');
    await exchange(phone);
    expect(town.booked()).toEqual([]);
    expect(await shownAs(phone, rid as string)).toBe('nothing');
  });
});
