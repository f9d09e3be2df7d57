/** Sends one file of an agent, piece by piece; after a break it goes on where the town says it stopped. */
import { call } from '../syncing/transport';
import { makeId } from '../local/ids';
import { OFFLINE, Refused } from './client';

/** What the town made of a file: `picture` says its width and height when it is one. */
export interface Sent { id: string; name: string; mime: string; size: number; picture?: [number, number] }
interface Told extends Partial<Sent> { id: string; state: 'coming' | 'stored' | 'refused'; offset: number; sentence?: string }
const PIECE = 512 * 1024;
const TRIES = 4;
const TIME_LIMIT = 60_000;

/** `progress`: from 0 to 1. Throws `Refused`. */
export async function upload(file: File, progress: (part: number) => void): Promise<Sent> {
  const id = makeId('f');
  const bytes = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const announce = (): Promise<Told> => told('PUT', `/api/attachments/${id}`, { name: file.name, size: file.size, sha256 });
  let known = await announce();
  for (let tries = 0; known.state === 'coming'; ) {
    progress(known.offset / file.size);
    const next = await piece(id, known.offset, bytes.slice(known.offset, known.offset + PIECE));
    if (next && (next.offset > known.offset || next.state !== 'coming')) [known, tries] = [next, 0];
    else if (++tries >= TRIES) throw new Refused('offline', OFFLINE);
    else known = await announce();
  }
  if (known.state === 'refused') throw new Refused('file_refused', known.sentence ?? 'Ce fichier n’est pas accepté.');
  progress(1);
  return known as Told & Sent;
}

async function told(method: string, path: string, body: unknown): Promise<Told> {
  const answer = await call<Told>(method, path, body);
  if (answer.kind === 'ok') return answer.body;
  if (answer.kind === 'unreachable') throw new Refused('offline', OFFLINE);
  throw new Refused(answer.refusal.code, answer.refusal.message, answer.refusal.facts);
}

/** null: it did not arrive, or nobody knows; asking again tells. */
async function piece(id: string, offset: number, bytes: ArrayBuffer): Promise<Told | null> {
  try {
    const headers = { 'upload-offset': String(offset), 'content-type': 'application/octet-stream' };
    const reply = await fetch(`/api/attachments/${id}`, { method: 'PATCH', headers, body: bytes, redirect: 'error', signal: AbortSignal.timeout(TIME_LIMIT) });
    return reply.ok ? ((await reply.json()) as Told) : null;
  } catch {
    return null;
  }
}
