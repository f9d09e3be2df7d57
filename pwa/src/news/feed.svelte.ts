/** The public news, for visitors: what the town last said, asked once a visit. Families read theirs from the phone's copy. */
export interface Item { id: string; title: string; summary: string; body: string; at: string; pinned: boolean }

const state = $state<{ status: 'loading' | 'ready' | 'failed'; items: Item[] }>({ status: 'loading', items: [] });
export const publicNews: { readonly status: typeof state.status; readonly items: Item[] } = state;

export async function askNews(): Promise<void> {
  if (state.status === 'ready') return;
  try {
    const reply = await fetch('/api/public/news', { headers: { accept: 'application/json' } });
    if (!reply.ok || !reply.headers.get('content-type')?.includes('json')) throw new Error('not the town');
    state.items = ((await reply.json()) as { news: Item[] }).news;
    state.status = 'ready';
  } catch {
    state.status = 'failed';
  }
}

/** Pinned first, then the latest. */
export const inOrder = (items: Item[]): Item[] => [...items].sort((one, other) => Number(other.pinned) - Number(one.pinned) || other.at.localeCompare(one.at));
