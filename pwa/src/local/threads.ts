// The threads with the services, as a list: what Accueil needs too, without the means to write.
import { idOf, rowsOf } from './lookups';
import { type Query, query } from './query';
import { queuedCommands } from './queue';
import type { Tables } from './base';
import type { ThreadBody } from './rows';

export type ThreadView = Omit<ThreadBody, 'number'> & { id: string; family: string; number: string | null };
interface Sent { thread: string; message: string; body: string; service?: string; subject?: string; about?: string; family?: string; files?: string[] }
interface Waiting { command: string; at: string; args: Sent }

/** What this phone still has to send, oldest first. */
export async function waitingMessages(tables: Tables): Promise<Waiting[]> {
  const queued = (await queuedCommands(tables)).filter((op) => op.kind === 'message.send@1');
  return queued.map((op) => ({ command: op.id, at: new Date(op.madeAt).toISOString(), args: op.args as unknown as Sent }));
}

/** Latest first: what the town knows, and threads whose first message is still on this phone. */
export function threads(): Query<ThreadView[]> {
  return query(async (tables) => {
    const known = (await rowsOf(tables, 'thread')).map((row): ThreadView => ({ ...(row.body as ThreadBody), id: idOf(row), family: row.scope.slice(2) }));
    const found = new Map(known.map((thread) => [thread.id, thread]));
    for (const { args, at } of await waitingMessages(tables)) {
      const last = { side: 'family' as const, excerpt: args.body.replace(/\s+/g, ' ').slice(0, 90) };
      const before = found.get(args.thread) ?? begun(args, at);
      found.set(args.thread, { ...before, updated_at: at > before.updated_at ? at : before.updated_at, last });
    }
    return [...found.values()].sort((one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at));
  });
}

function begun(args: Sent, at: string): ThreadView {
  return {
    id: args.thread, family: args.family ?? '', number: null, service: args.service ?? '', subject: args.subject ?? '', about: args.about ?? null,
    closed: false, needs_answer: false, unread: 0, read_by_town: false, created_at: at, updated_at: at, last: null,
  };
}
