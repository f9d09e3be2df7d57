// The loop: who wakes it, how often it asks, what the head of the page says meanwhile.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Base } from '../../pwa/src/local/base';
import { useBase } from '../../pwa/src/local/current.svelte';
import { book } from '../../pwa/src/local/acts';
import { startLoop, stopLoop, syncNow } from '../../pwa/src/syncing/loop';
import { exchange as head } from '../../pwa/src/syncing/status.svelte';
import { commands, newPhone, wish } from './phone';
import { Town } from './town';

const MONDAY = { child: 'lea', session: 'matin:2026-11-30' };
const TUESDAY = { child: 'lea', session: 'matin:2026-12-01' };
let town: Town;
let phone: Base;
const browser = navigator;

beforeEach(async () => {
  town = new Town();
  phone = newPhone(town);
  useBase(phone);
  startLoop(phone, async () => undefined);
  await syncNow();
});

afterEach(() => {
  stopLoop();
  useBase(null);
  vi.stubGlobal('navigator', browser);
});

const exchanges = (): number => town.calls.filter((call) => call.endsWith('/exchange')).length;
const shows = (kind: string): Promise<void> => vi.waitFor(() => expect(head.state.kind).toBe(kind));

describe('one booking', () => {
  it('is one request, even when the page asks to send as well', async () => {
    const before = exchanges();
    await book([MONDAY]);
    await syncNow();
    expect(town.booked()).toEqual([MONDAY.session]);
    expect(exchanges() - before).toBe(1);
    await shows('up_to_date');
  });

  it('that is asked for while another is on its way follows at once', async () => {
    await Promise.all([book([MONDAY]), book([TUESDAY])]);
    await syncNow();
    await vi.waitFor(() => expect(town.booked()).toEqual([MONDAY.session, TUESDAY.session]));
  });
});

describe('without a network', () => {
  beforeEach(async () => {
    town.weather = 'no network';
    await syncNow();
  });

  it('a booking stays untouched, so that it can be taken back', async () => {
    await book([MONDAY]);
    await syncNow();
    expect((await commands(phone)).map((op) => op.phase)).toEqual(['queued']);
    await vi.waitFor(() => expect(head.state).toMatchObject({ kind: 'offline', count: 1 }));
  });

  it('it goes by itself once the town answers again', async () => {
    await book([MONDAY]);
    await syncNow();
    town.weather = 'fine';
    await syncNow();
    expect(town.booked()).toEqual([MONDAY.session]);
  });

  it('a browser that wrongly believes to be off line still sends, and does not ask without end', async () => {
    await book([MONDAY]);
    vi.stubGlobal('navigator', { userAgent: 'test', onLine: false });
    town.weather = 'fine';
    const before = exchanges();
    await syncNow();
    expect(town.booked()).toEqual([MONDAY.session]);
    expect(exchanges() - before).toBeLessThanOrEqual(3);
  });
});

describe('the head of the page', () => {
  it('asks to sign in again, and says how many requests wait', async () => {
    town.signedIn = null;
    await wish(phone, MONDAY.session);
    await syncNow();
    await vi.waitFor(() => expect(head.state).toEqual({ kind: 'needs_sign_in', count: 1 }));
  });

  it('says that the town is busy', async () => {
    town.weather = 'overloaded';
    await syncNow();
    await vi.waitFor(() => expect(head.state).toMatchObject({ kind: 'trouble', code: 'busy' }));
  });
});
