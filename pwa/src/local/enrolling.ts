// Inscription: what there is to join, as it was last read, and what the family asked. The catalogue is no part of the exchange: it
// is fetched when its page is first shown (or some time after the app was opened), and kept to be read without a network.
import type { PriceReason } from './rows';
import { call } from '../syncing/transport';
import { wake } from '../syncing/loop';
import { clock } from './clock';
import { withCurrent } from './current.svelte';
import { makeId } from './ids';
import { idOf, rowsOf } from './lookups';
import { type Query, query } from './query';
import { append, queuedCommands, type Wanted } from './queue';
import type { RequestBody } from './rows';
import type { Kept } from './views';

export interface Group {
  id: string; name: string; grades: string[]; ages: [number | null, number | null] | null; capacity: number | null; left: number | null; waiting: number;
  units: { id: string; name: string; place: string; starts: string; ends: string; weekdays: number[]; during: string; rule: string }[];
}
export interface Round {
  id: string; name: string; kind: 'annual' | 'period' | 'event'; text: string; since: string; until: string; closes_at: string; decided: boolean;
  papers: { code: string; label: string; needed: boolean; proof: string | null }[];
  questions: { code: string; label: string; kind: 'text' | 'yes_no' | 'choice'; choices: string[]; needed: boolean }[];
  activity: { code: string; name: string; text: string; category: string; service: string; service_name: string };
  groups: Group[];
  children: Record<string, { opens_at: string | null; groups: string[]; enrolled: string[]; prices: Record<string, { cents: number; v: number; why: PriceReason }> }>;
}
export interface Catalogue { made_at: string; rounds: Round[] }
/** `phone`: still on this phone, the town has not answered; `sending`: papers on their way, by code, with the ids of their files. */
export type RequestView = Omit<RequestBody, 'state'> & {
  id: string; state: RequestBody['state'] | 'asked'; phone: { command: string; leaving: boolean } | null; sending: Record<string, string>;
};
export interface Wish { child: string; group: string; answers: Record<string, string>; papers: Record<string, string> }

const KEY = 'enrolment/catalogue';
const FRESH_MS = 10 * 60_000;

/** As it was last read; null: never. */
export function catalogue(): Query<Catalogue | null> {
  return query(async (tables) => ((await tables.meta.get(KEY))?.v as Catalogue | undefined) ?? null);
}

/** Reads it again; false when the town does not answer. `now`: also when what is kept is recent. */
export async function learnCatalogue(now = true): Promise<boolean> {
  const kept = await catalogue()();
  if (!now && kept && clock() - Date.parse(kept.made_at) < FRESH_MS) return true;
  const answer = await call<Catalogue>('GET', '/api/enrolments/catalogue');
  if (answer.kind !== 'ok') return false;
  await withCurrent((base) => base.write((tables) => tables.meta.put({ k: KEY, v: answer.body }), 'relaxed'));
  return true;
}

/** Latest first; what this phone still asks for on top. */
export function requests(): Query<RequestView[]> {
  return query(async (tables) => {
    const queued = await queuedCommands(tables);
    const known = (await rowsOf(tables, 'request')).map((row): RequestView => ({ ...(row.body as RequestBody), id: idOf(row), phone: null, sending: {} }));
    const found = new Map(known.map((one) => [one.id, one]));
    const rounds = ((await tables.meta.get(KEY))?.v as Catalogue | undefined)?.rounds ?? [];
    for (const op of queued) {
      const phone = { command: op.id, leaving: op.phase === 'sending' };
      if (op.kind === 'enrolment.ask@1') for (const item of itemsOf(op.args)) if (!found.has(item.rid)) found.set(item.rid, asked(op.args, item, rounds, op.madeAt, phone));
      const about = found.get(String(op.args.request ?? ''));
      if (op.kind === 'enrolment.paper@1' && about) about.sending = { ...about.sending, ...(op.args.papers as Record<string, string>) };
      if (op.kind === 'enrolment.withdraw@1') for (const item of itemsOf(op.args)) { const one = found.get(item.rid); if (one) one.phone = phone; }
    }
    return [...found.values()].sort((one, other) => other.asked_at.localeCompare(one.asked_at));
  });
}

const itemsOf = (args: Record<string, unknown>): { rid: string; child?: string; group?: unknown }[] => (args.items as { rid: string }[] | undefined) ?? [];

function asked(args: Record<string, unknown>, item: { rid: string; child?: string; group?: unknown }, rounds: Round[], at: number, phone: RequestView['phone']): RequestView {
  const round = rounds.find((one) => one.id === args.round);
  return {
    id: item.rid, child: item.child ?? '', round: String(args.round), activity: round?.activity.code ?? '', service: round?.activity.service ?? '',
    title: round ? `${round.activity.name}, ${round.name}` : 'Inscription', group: round?.groups.find((one) => one.id === item.group)?.name ?? '',
    direct: !round?.decided, since: round?.since ?? '', until: round?.until ?? '', asked_at: new Date(at).toISOString(), state: 'asked', phone, sending: {},
    papers: (round?.papers ?? []).map((one) => ({ code: one.code, label: one.label, needed: one.needed, state: 'absent' as const })),
  };
}

/** Asks to enrol children, each in a group. The request leaves at once; its papers follow when their files are with the town. */
export async function askToEnrol(round: string, family: string, wishes: Wish[]): Promise<Kept> {
  const items = wishes.map(({ child, group, answers }) => ({ rid: makeId('q'), child, group, ...(Object.keys(answers).length ? { answers } : {}) }));
  const drafts: Wanted[] = [{ kind: 'enrolment.ask@1', args: { round, ...(family ? { family } : {}), items } as unknown as Wanted['args'] }];
  items.forEach((item, at) => drafts.push(...papersOf(item.rid, wishes[at]?.papers ?? {})));
  return await keep(drafts);
}

/** Gives papers to a request: one command for each, so that one slow file does not hold back another. */
export async function givePapers(request: string, papers: Record<string, string>): Promise<Kept> {
  return await keep(papersOf(request, papers));
}

export async function withdrawRequests(ids: string[]): Promise<Kept> {
  return await keep([{ kind: 'enrolment.withdraw@1', args: { items: ids.map((rid) => ({ rid })) } as unknown as Wanted['args'] }]);
}

function papersOf(request: string, papers: Record<string, string>): Wanted[] {
  return Object.entries(papers).map(([code, file]) => ({ kind: 'enrolment.paper@1', args: { request, papers: { [code]: file } } as unknown as Wanted['args'], files: [file] }));
}

async function keep(drafts: Wanted[]): Promise<Kept> {
  const ops = await withCurrent((base) => append(base, drafts, Math.round(clock())));
  if (ops.length) wake();
  return { ids: ops.map((op) => op.id), rids: [] };
}
