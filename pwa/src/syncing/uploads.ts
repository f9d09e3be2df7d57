// Sends files in pieces, from the pages or from the worker. The town says where to go on: after a break, a reload or a lost answer
// nothing is sent that it already has, but for one piece.
import type { Base, StoredFile } from '../local/base';
import { releaseWaiting, removeFiles } from '../local/held';
import { withDb } from '../local/room';
import { type Answer, call, read } from './transport';

interface Told { id: string; state: 'coming' | 'stored' | 'refused'; offset: number; sentence?: string }
/** `left`: files that a later try may send; `released`: commands that may leave now. */
export interface Sent { left: number; released: number }

const PIECE_TIME_LIMIT = 90_000;
/** Tries of one file from its beginning, when its bytes do not arrive as they left. */
const MOST_ROUNDS = 3;

/** Sends what waits, the oldest first; stops at the first break. One tab or the worker at a time, to save the line. */
export async function sendFiles(base: Base): Promise<Sent> {
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  if (!locks || base.memory) return await sendAllOf(base);
  return await locks.request(`portail-files-${base.account}`, { ifAvailable: true }, async (lock) => (lock ? await sendAllOf(base) : { left: 1, released: 0 }));
}

async function sendAllOf(base: Base): Promise<Sent> {
  let released = 0;
  for (;;) {
    const waiting = (await base.read((tables) => tables.files.all())).filter((file) => file.state === 'queued').sort((one, other) => one.addedAt - other.addedAt);
    const file = waiting[0];
    if (!file) return { left: 0, released };
    const told = await sendOne(base, file);
    if (!told) return { left: waiting.length, released };
    released += await settle(base, file, told);
  }
}

/** To its end; null: the line broke, the session ended, or the town asks for time. */
async function sendOne(base: Base, file: StoredFile): Promise<Told | null> {
  let rounds = 0;
  let told = understood(await call<Told>('PUT', path(file.id), { name: file.name, size: file.size, sha256: file.sha256 }), file);
  while (told?.state === 'coming') {
    if (told.offset === 0 && ++rounds > MOST_ROUNDS) return refused(file, 'Ce fichier n’arrive pas entier. Choisissez-le à nouveau.');
    await note(base, file.id, told.offset);
    const part = await base.read((tables) => tables.parts.get([file.id, told?.offset ?? 0]));
    if (!part) return refused(file, 'Ce fichier n’est plus entier sur ce téléphone. Choisissez-le à nouveau.');
    told = understood(await sendPiece(file.id, part.at, part.bytes), file);
  }
  return told;
}

const path = (id: string): string => `/api/attachments/${encodeURIComponent(id)}`;

async function sendPiece(id: string, offset: number, bytes: ArrayBuffer): Promise<Answer<Told>> {
  try {
    const response = await fetch(path(id), {
      method: 'PATCH', body: bytes, redirect: 'error', cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(PIECE_TIME_LIMIT),
      headers: { accept: 'application/json', 'content-type': 'application/octet-stream', 'upload-offset': String(offset) },
    });
    return await read<Told>(response);
  } catch (fault) {
    return { kind: 'unreachable', why: (fault as Error).name };
  }
}

/** What the town said of a file. A refusal of the file itself is an answer; anything else is a reason to try later. */
function understood(answer: Answer<Told>, file: StoredFile): Told | null {
  if (answer.kind === 'ok') return answer.body.id === file.id ? answer.body : null;
  if (answer.kind === 'unreachable' || answer.status === 401 || answer.status === 403 || answer.status === 429 || answer.status >= 500) return null;
  return refused(file, answer.refusal.message);
}

const refused = (file: StoredFile, sentence: string): Told => ({ id: file.id, state: 'refused', offset: 0, sentence });

async function note(base: Base, id: string, sent: number): Promise<void> {
  await withDb(base, (open) => open.write(async (tables) => {
    const file = await tables.files.get(id);
    if (file) await tables.files.put({ ...file, sent });
  }, 'relaxed'));
}

/** The end of a file's way; how many commands may leave now. Its bytes leave the phone, the town has them. */
async function settle(base: Base, file: StoredFile, told: Told): Promise<number> {
  return await withDb(base, (open) => open.write(async (tables) => {
    const held = await tables.files.get(file.id);
    await removeFiles(tables, [file.id]);
    // Taken out meanwhile: it stays out.
    if (held) await tables.files.put({ ...held, sent: file.size, state: told.state === 'stored' ? 'stored' : 'refused', sentence: told.sentence ?? '' });
    return await releaseWaiting(tables, base.account);
  }));
}

/** Tells the town, if it can be reached, that a file is not wanted any more; else the nightly job clears it away. */
export async function withdrawFile(id: string): Promise<void> {
  await call('DELETE', path(id));
}
