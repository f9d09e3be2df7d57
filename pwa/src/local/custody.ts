// Shared custody on this phone: what was asked of the other parent and by them, and the acts about it.
import { append, queuedCommands } from './queue';
import { wake } from '../syncing/loop';
import { clock } from './clock';
import { withCurrent } from './current.svelte';
import { makeId } from './ids';
import { idOf, rowsOf } from './lookups';
import { type Query, query } from './query';
import type { CommandKind, SwapBody } from './rows';
import type { Kept, SwapView } from './views';

/** Days asked for, by either parent, the nearest first; with what is still on this phone. */
export function swaps(): Query<SwapView[]> {
  return query(async (tables) => {
    const known = new Map((await rowsOf(tables, 'swap')).map((row): [string, SwapView] => [idOf(row), { ...(row.body as SwapBody), rid: idOf(row), phone: null }]));
    for (const op of await queuedCommands(tables)) {
      if (!op.kind.startsWith('custody.')) continue;
      for (const item of (op.args.items ?? []) as { rid: string; child?: string; date?: string }[]) {
        const before = known.get(item.rid);
        if (op.kind === 'custody.ask@1' && !before) {
          known.set(item.rid, { rid: item.rid, child: item.child ?? '', date: item.date ?? '', mine: true, state: 'asked', note: op.args.note as string | undefined, asked_at: new Date(op.madeAt).toISOString(), phone: 'ask' });
        } else if (before && op.kind === 'custody.withdraw@1') known.set(item.rid, { ...before, phone: 'withdraw' });
        else if (before && op.kind === 'custody.answer@1') known.set(item.rid, { ...before, phone: op.args.accept === 'yes' ? 'yes' : 'no' });
      }
    }
    return [...known.values()].sort((one, other) => one.date.localeCompare(other.date));
  });
}

/** Asks the other parent for days of theirs. */
export async function askDays(days: { child: string; date: string }[], note: string): Promise<Kept> {
  const items = days.map((day) => ({ rid: makeId('r'), ...day }));
  return await put('custody.ask@1', { items, ...(note ? { note } : {}) });
}

export const answerDays = (rids: string[], accept: boolean): Promise<Kept> => put('custody.answer@1', { items: rids.map((rid) => ({ rid })), accept: accept ? 'yes' : 'no' });

export const withdrawDays = (rids: string[]): Promise<Kept> => put('custody.withdraw@1', { items: rids.map((rid) => ({ rid })) });

async function put(kind: CommandKind, args: { items: { rid: string }[]; [more: string]: unknown }): Promise<Kept> {
  return await withCurrent(async (base) => {
    const ops = await append(base, [{ kind, args }], Math.round(clock()));
    wake();
    return { ids: ops.map((op) => op.id), rids: args.items.map((item) => item.rid) };
  });
}
