// Échange avec les services: one thread, what the phone still has to send, and drafts. The list of threads: threads.ts.
import { wake } from '../syncing/loop';
import { clock } from './clock';
import { withCurrent } from './current.svelte';
import { makeId } from './ids';
import { idOf, rowsOf } from './lookups';
import { type Query, query } from './query';
import { append, type Wanted } from './queue';
import { waitingMessages } from './threads';
import type { MessageBody } from './rows';
import type { Kept } from './views';

/** `waiting`: still on this phone, `queued` for sending; the town has not seen it. */
export type MessageView = MessageBody & { id: string; waiting: { command: string; files: string[] } | null };
export interface Letter { service: string; subject: string; body: string; about?: string; family?: string }
export interface Draft { service: string; subject: string; body: string; files?: string[] }
/** The town clears away what no message names within a week: a draft's files are chosen again after six days. */
const FILES_KEPT = 6 * 86_400_000;

/** One thread's messages, oldest first, then what waits on this phone. */
export function conversation(thread: string): Query<MessageView[]> {
  return query(async (tables) => {
    const rows = (await rowsOf(tables, 'message')).filter((row) => (row.body as MessageBody).thread === thread);
    const known = rows.map((row): MessageView => ({ ...(row.body as MessageBody), id: idOf(row), waiting: null }));
    const sent = new Set(known.map((message) => message.id));
    const waiting = (await waitingMessages(tables)).filter(({ args }) => args.thread === thread && !sent.has(args.message));
    return [
      ...known.sort((one, other) => Date.parse(one.at) - Date.parse(other.at) || one.id.localeCompare(other.id)),
      ...waiting.map(({ command, at, args }): MessageView => ({ id: args.message, thread, side: 'family', author: '', body: args.body, at, waiting: { command, files: args.files ?? [] } })),
    ];
  });
}

/** Begins a thread; its id, to show it at once. `files`: kept on this phone before (`keepFile`), they arrive first. */
export async function beginThread(letter: Letter, files: string[] = []): Promise<string> {
  const thread = makeId('t');
  await ask([sending({ thread, message: makeId('m'), ...letter }, files)]);
  return thread;
}

export async function answerThread(thread: string, family: string, body: string, files: string[] = []): Promise<Kept> {
  return await ask([sending({ thread, message: makeId('m'), body, ...(family ? { family } : {}) }, files)]);
}

function sending(args: Record<string, unknown>, files: string[]): Wanted {
  const plain = [...files]; // what a page holds may be a proxy, which no database keeps
  return { kind: 'message.send@1', args: { ...args, ...(plain.length ? { files: plain } : {}) } as unknown as Wanted['args'], files: plain };
}

/** The family has seen everything up to this message. */
export async function markRead(thread: string, message: string): Promise<Kept> {
  return await ask([{ kind: 'thread.read@1', args: { thread, message } as unknown as Wanted['args'] }]);
}

export async function closeThread(thread: string): Promise<Kept> {
  return await ask([{ kind: 'thread.close@1', args: { thread } as unknown as Wanted['args'] }]);
}

/** What was typed and not sent, kept on this phone only; `key`: a thread, or `new`. */
export async function draftOf(key: string): Promise<Draft | null> {
  return await withCurrent((base) => base.read(async (tables) => {
    const draft = (await tables.meta.get(`draft/${key}`))?.v as Draft | undefined;
    const files = await tables.files.getMany([...(draft?.files ?? [])]);
    return draft ? { ...draft, files: files.flatMap((file) => (file && file.addedAt > Date.now() - FILES_KEPT ? [file.id] : [])) } : null;
  }));
}

export async function keepDraft(key: string, draft: Draft | null): Promise<void> {
  await withCurrent((base) => base.write(async (tables) => {
    await (draft && (draft.body || draft.subject || draft.files?.length) ? tables.meta.put({ k: `draft/${key}`, v: { ...draft, files: [...(draft.files ?? [])] } }) : tables.meta.delete(`draft/${key}`));
  }));
}

async function ask(drafts: Wanted[]): Promise<Kept> {
  const ops = await withCurrent((base) => append(base, drafts, Math.round(clock())));
  if (ops.length) wake();
  return { ids: ops.map((op) => op.id), rids: [] };
}
