// Files that a parent sends along. Chosen off line or on, they are kept here at once, in pieces, and go up by themselves, resumed
// after each break (syncing/uploads.ts). A command that names them (`Wanted.files`) leaves only when the town has them all.
import type { Base, StoredFile } from './base';
import { withCurrent } from './current.svelte';
import { releaseWaiting, removeFiles } from './held';
import { makeId } from './ids';
import { query, type Query } from './query';

/** The town refuses more (`server/attachments/rules.py`); said before somebody chooses. */
export const MOST_BYTES = 15 * 1024 * 1024;
/** In one message. */
export const MOST_FILES = 8;
/** One request's worth; the offset is asked back after a break, so that at most this much goes twice. */
export const PIECE_BYTES = 512 * 1024;
/** What the chooser offers; the town judges by the content. */
export const ACCEPTED = 'image/jpeg,image/png,image/heic,image/heif,.heic,.heif,application/pdf,.pdf,.docx,.xlsx,.pptx,.odt,.ods,.odp';

/** `sent`: bytes that the town has. `refused`: `sentence` says why. */
export interface FileView { id: string; name: string; size: number; sent: number; state: StoredFile['state']; sentence: string; type: string }

/** Keeps a file on this phone and begins to send it; its id. Pictures are made as small as a screen needs, without their location.
 *  Throws a `FileFault` whose message is for the parent. */
export async function keepFile(chosen: File): Promise<string> {
  const { smaller } = await import('./pictures');
  const { name, content, type } = await smaller(chosen);
  if (!content.byteLength) throw new FileFault(`« ${name} » est vide.`);
  if (content.byteLength > MOST_BYTES) throw new FileFault(`« ${name} » est trop volumineux : ${MOST_BYTES / 1024 / 1024} Mo au plus.`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  const file: StoredFile = {
    id: makeId('f'), name, type, size: content.byteLength, sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    sent: 0, state: 'queued', sentence: '', addedAt: Date.now(),
  };
  await withCurrent((base) => base.write(async (tables) => {
    await tables.files.put(file);
    for (let at = 0; at < file.size; at += PIECE_BYTES) await tables.parts.put({ file: file.id, at, bytes: content.slice(at, at + PIECE_BYTES) });
  }));
  await wakeUploads();
  return file.id;
}

export class FileFault extends Error {}

/** Goes on sending what waits; called by whoever knows that the network may be there. */
export async function wakeUploads(): Promise<void> {
  const { sendBeside } = await import('../syncing/beside');
  await withCurrent((base) => Promise.resolve(sendBeside(base)));
}

/** The parent does not want to send it after all. */
export async function dropFile(id: string): Promise<void> {
  await withCurrent((base) => forgetFiles(base, [id]));
  const { withdrawFile } = await import('../syncing/uploads');
  await withdrawFile(id);
}

/** Forgets files on this phone; commands that named them (`args.files`) go without. */
export async function forgetFiles(base: Base, ids: readonly string[]): Promise<void> {
  await base.write(async (tables) => {
    await removeFiles(tables, ids);
    for (const op of await tables.outbox.all()) {
      if (op.sent || !op.files?.some((file) => ids.includes(file))) continue;
      const without = (files: unknown): string[] => (files as string[]).filter((file) => !ids.includes(file));
      await tables.outbox.put({ ...op, files: without(op.files), args: { ...op.args, ...(Array.isArray(op.args.files) ? { files: without(op.args.files) } : {}) } });
    }
    await releaseWaiting(tables, base.account);
  });
}

/** How far each of these files is, in their order; those that this phone does not know (any more) are left out. */
export function filesOf(ids: readonly string[]): Query<FileView[]> {
  return query(async (tables) => {
    const found = await tables.files.getMany([...ids]);
    return found.filter((file) => file !== undefined).map(({ id, name, size, sent, state, sentence, type }) => ({ id, name, size, sent, state, sentence, type }));
  });
}

/** The picture itself while it is still on this phone, to be shown in a message that waits; null once it has gone. */
export async function localPicture(id: string): Promise<Blob | null> {
  return await withCurrent((base) => base.read(async (tables) => {
    const file = await tables.files.get(id);
    if (!file?.type.startsWith('image/') || file.type === 'image/heic' || file.type === 'image/heif') return null;
    const parts = await tables.parts.between([id, 0], [id, Number.MAX_SAFE_INTEGER]);
    return parts.length ? new Blob(parts.map((part) => part.bytes), { type: file.type }) : null;
  }));
}
