/** The town's prices for everybody: kept on the device, so that the simulation needs no network once it has been seen. */
import type { PriceBody } from '../local/api';

export type Offered = PriceBody & { id: string };
const KEY = 'portail-prices';

function kept(): Offered[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as Offered[];
  } catch {
    return [];
  }
}

const state = $state<{ all: Offered[]; asked: boolean; failed: boolean }>({ all: [], asked: false, failed: false });
export const publicPrices: { readonly all: Offered[]; readonly failed: boolean } = state;

/** Asks once a visit. A failure changes nothing but to say so when nothing was kept. */
export async function learnPrices(): Promise<void> {
  if (state.asked) return;
  state.asked = true;
  if (!state.all.length) state.all = kept();
  try {
    const reply = await fetch('/api/public/prices', { headers: { accept: 'application/json' } });
    if (!reply.ok || !reply.headers.get('content-type')?.includes('json')) throw new Error('not the town');
    const { prices } = (await reply.json()) as { prices: (PriceBody & { code: string })[] };
    state.all = prices.map((one) => ({ ...one, id: one.code }));
    localStorage.setItem(KEY, JSON.stringify(state.all));
    state.failed = false;
  } catch {
    [state.asked, state.failed] = [false, true];
  }
}
