// The state of the exchange as every page shows it, drawn from the base so that all tabs say the same.
import { type Base, countWaiting, type Tables } from '../local/base';
import type { ExchangeState } from '../local/views';
import { watch } from '../local/watching';
import { type LastExchange, lastExchange } from './notes';

interface Shown { count: number; last: LastExchange | null }

let shown = $state.raw<Shown>({ count: 0, last: null });
let busy = $state<'idle' | 'sending' | 'receiving'>('idle');
let rows = $state(0);
let skewMs = $state(0);
let stop: (() => void) | null = null;

/** Follows the base of the signed-in account; null when nobody is. */
export function showBase(base: Base | null): void {
  stop?.();
  stop = null;
  shown = { count: 0, last: null };
  busy = 'idle';
  if (base) stop = watch(base, readShown, (now) => (shown = now));
}

async function readShown(tables: Tables): Promise<Shown> {
  return { count: await countWaiting(tables), last: (await lastExchange(tables)) ?? null };
}

export function showBusy(kind: 'idle' | 'sending' | 'receiving', received = 0): void {
  busy = kind;
  rows = received;
}

export function showSkew(ms: number): void {
  skewMs = ms;
}

function state(): ExchangeState {
  const { count, last } = shown;
  if (busy === 'receiving') return { kind: 'receiving', count, rows };
  if (busy === 'sending' && count > 0) return { kind: 'sending', count };
  if (!last || (last.end === 'ok' && last.okAt === null)) return { kind: 'starting', count };
  if (last.end === 'sign_in') return { kind: 'needs_sign_in', count };
  if (last.end === 'upgrade') return { kind: 'upgrade', count };
  if (last.end === 'trouble') return { kind: 'trouble', count, code: last.code };
  if (last.end === 'offline') return { kind: 'offline', count, since: last.okAt };
  return count === 0 ? { kind: 'up_to_date', count: 0, since: last.okAt ?? last.at } : { kind: 'sending', count };
}

export const exchange = {
  get state(): ExchangeState {
    return state();
  },
  get skew(): number {
    return skewMs;
  },
};
