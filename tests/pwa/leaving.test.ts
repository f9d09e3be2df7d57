// Signing in and out, and what stays on the device afterwards.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { session, signIn, signOut } from '../../pwa/src/accounts/session.svelte';
import { accountsHere } from '../../pwa/src/local/base';
import { book, cancel } from '../../pwa/src/local/acts';
import { currentBase } from '../../pwa/src/local/current.svelte';
import { syncNow } from '../../pwa/src/syncing/loop';
import { newPhone, openAgain, wish } from './phone';
import { Town } from './town';

const MONDAY = { child: 'lea', session: 'matin:2026-11-30' };
let town: Town;

function drawer(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key), clear: () => kept.clear(), key: () => null, length: 0,
  };
}

beforeEach(async () => {
  await signOut({ send: false });
  town = new Town();
  newPhone(town);
  vi.stubGlobal('localStorage', drawer());
  vi.stubGlobal('sessionStorage', drawer());
});

describe('signing out', () => {
  it('leaves nothing of the family in the browser, and strikes the device off', async () => {
    await signIn('nadia', 'secret');
    await syncNow();
    expect(await currentBase()?.read((tables) => tables.rows.count())).toBe(3);
    expect(await signOut({ send: true })).toEqual({ done: true });
    expect(await accountsHere()).toEqual([]);
    expect(session.status).toBe('signed_out');
    expect(localStorage.getItem('portail.account')).toBeNull();
    expect(town.calls).toContain('DELETE /api/sync/v1/devices/d_1');
    expect(town.calls.at(-1)).toBe('DELETE /api/session');
  });

  it('sends what waits first', async () => {
    await signIn('nadia', 'secret');
    await syncNow();
    await book([MONDAY]);
    await signOut({ send: true });
    expect(town.booked()).toEqual([MONDAY.session]);
  });

  it('shows what could not be sent, and wipes nothing', async () => {
    await signIn('nadia', 'secret');
    await syncNow();
    town.weather = 'no network';
    await book([MONDAY]);
    const answer = await signOut({ send: true });
    expect(answer).toMatchObject({ done: false, left: [{ kind: 'reservation.book@1' }] });
    expect(session.status).toBe('signed_in');
    expect(await accountsHere()).toEqual(['nadia']);
  });

  it('without a network abandons what waits when the parent says so, and tells the town later', async () => {
    await signIn('nadia', 'secret');
    await syncNow();
    town.weather = 'no network';
    await book([MONDAY]);
    await signOut({ send: false });
    expect(await accountsHere()).toEqual([]);
    expect(localStorage.getItem('portail.leaving')).toBe('d_1');
  });

  it('does not wipe what another account still has to send from this device', async () => {
    const other = openAgain('aminata');
    await wish(other, MONDAY.session);
    other.close();
    await signIn('nadia', 'secret');
    await syncNow();
    await signOut({ send: true });
    expect(await accountsHere()).toEqual(['aminata']);
    expect(town.calls).not.toContain('DELETE /api/session');
  });
});

describe('a device that was revoked from another one', () => {
  it('wipes itself at its next exchange', async () => {
    await signIn('nadia', 'secret');
    await syncNow();
    const device = town.devices.get('d_1');
    if (device) device.revoked = true;
    await syncNow();
    expect(session.status).toBe('signed_out');
    expect(session.ended).toBe('revoked');
    expect(await accountsHere()).toEqual([]);
  });
});

describe('a shared device', () => {
  it('keeps nothing in the browser', async () => {
    await signIn('nadia', 'secret', { shared: true });
    await syncNow();
    expect(currentBase()?.memory).toBe(true);
    expect(await currentBase()?.read((tables) => tables.rows.count())).toBe(3);
    expect(await accountsHere()).toEqual([]);
    expect(localStorage.getItem('portail.account')).toBeNull();
  });
});

describe('acts of a parent', () => {
  beforeEach(async () => {
    await signIn('nadia', 'secret');
    await syncNow();
  });

  it('book and give back a place', async () => {
    const { rids } = await book([MONDAY]);
    await syncNow();
    expect(town.booked()).toEqual([MONDAY.session]);
    await cancel(rids);
    await syncNow();
    expect(town.booked()).toEqual([]);
  });

  it('give back a place that was never asked for by asking nothing', async () => {
    town.weather = 'no network';
    await syncNow();
    const { rids } = await book([MONDAY]);
    expect((await cancel(rids)).ids).toEqual([]);
    expect(await currentBase()?.read((tables) => tables.outbox.count())).toBe(0);
  });

  it('want a place back whose cancellation has not left: the place was never lost', async () => {
    const { rids } = await book([MONDAY]);
    await syncNow();
    town.weather = 'no network';
    await syncNow();
    await cancel(rids);
    await book([MONDAY]);
    expect(await currentBase()?.read((tables) => tables.outbox.count())).toBe(0);
    expect(town.booked()).toEqual([MONDAY.session]);
  });

  it('ask for more days than one command carries in several, without losing one', async () => {
    const days = Array.from({ length: 70 }, (_, i) => ({ child: 'lea', session: `matin:2027-${String(1 + Math.floor(i / 28)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')}` }));
    expect((await book(days)).ids).toHaveLength(2);
    await syncNow();
    expect(town.booked()).toHaveLength(70);
  });
});
