/** The public news, for visitors: what the town last said, asked once a visit and kept for reading without a network. Families read theirs from the phone's copy. */
import type { NewsBody } from '../local/api';

export type Item = NewsBody & { id: string };
const KEY = 'portail-news';

const state = $state<{ status: 'loading' | 'ready' | 'failed'; items: Item[] }>({ status: 'loading', items: [] });
export const publicNews: { readonly status: typeof state.status; readonly items: Item[] } = state;

export async function askNews(): Promise<void> {
  if (state.status === 'ready') return;
  try {
    const reply = await fetch('/api/public/news', { headers: { accept: 'application/json' } });
    if (!reply.ok || !reply.headers.get('content-type')?.includes('json')) throw new Error('not the town');
    state.items = ((await reply.json()) as { news: Item[] }).news;
    state.status = 'ready';
    localStorage.setItem(KEY, JSON.stringify(state.items));
  } catch {
    state.items = kept();
    state.status = 'failed';
  }
}

function kept(): Item[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as Item[];
  } catch {
    return [];
  }
}

/** Pinned first, then the latest; what is over by now is left out, also where the town could not say so yet. */
export const inOrder = (items: Item[]): Item[] => items.filter((item) => !item.until || Date.parse(item.until) > Date.now())
  .sort((one, other) => Number(other.pinned) - Number(one.pinned) || other.at.localeCompare(one.at));
