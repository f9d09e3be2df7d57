/** The public library for visitors, and the documents that a device keeps because somebody asked it to. */
import type { DocumentBody } from '../local/api';

export type Entry = DocumentBody & { id: string };
export interface Version { version: number; at: string; size: number; url: string }
export interface Kept { id: string; version: number; title: string; name: string; size: number; at: string }
const LIST = 'portail-documents';
const SHELF = 'documents';
const ABOUT = 'x-portail-document';

const state = $state<{ status: 'loading' | 'ready' | 'failed'; items: (Entry & { versions?: Version[] })[]; kept: Kept[] }>({ status: 'loading', items: [], kept: [] });
export const library: Readonly<typeof state> = state;
export const address = (id: string, version: number): string => `/api/public/documents/${id}/${version}`;

/** Asked at each visit of the page: it alone knows the former versions. */
export async function askLibrary(): Promise<void> {
  try {
    const reply = await fetch('/api/public/documents', { headers: { accept: 'application/json' } });
    if (!reply.ok || !reply.headers.get('content-type')?.includes('json')) throw new Error('not the town');
    state.items = ((await reply.json()) as { documents: typeof state.items }).documents;
    state.status = 'ready';
    localStorage.setItem(LIST, JSON.stringify(state.items));
  } catch {
    try {
      state.items = JSON.parse(localStorage.getItem(LIST) ?? '[]') as typeof state.items;
    } catch {
      state.items = [];
    }
    state.status = 'failed';
  }
}

export async function lookAtShelf(): Promise<void> {
  const shelf = await caches.open(SHELF);
  const found = await Promise.all((await shelf.keys()).map(async (request) => about(await shelf.match(request))));
  state.kept = found.flatMap((one) => one ?? []).sort((one, other) => one.title.localeCompare(other.title, 'fr'));
}

function about(held: Response | undefined): Kept | null {
  const said = held?.headers.get(ABOUT);
  return said ? (JSON.parse(decodeURIComponent(said)) as Kept) : null;
}

/** Loads the newest version, saying how far it is (0 to 1), and lets go of an older one. Throws when there is no network or no room. */
export async function keep(entry: Entry, progress: (part: number) => void): Promise<void> {
  const reply = await fetch(address(entry.id, entry.version));
  if (!reply.ok || !reply.body) throw new Error('not the document');
  const parts: BlobPart[] = [];
  let got = 0;
  for (const reader = reply.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    progress((got += value.length) / Math.max(entry.size, got));
  }
  const words: Kept = { id: entry.id, version: entry.version, title: entry.title, name: entry.name, size: got, at: entry.at };
  const headers = { 'content-type': entry.mime, [ABOUT]: encodeURIComponent(JSON.stringify(words)) };
  const shelf = await caches.open(SHELF);
  await shelf.put(address(entry.id, entry.version), new Response(new Blob(parts, { type: entry.mime }), { headers }));
  for (const old of state.kept) if (old.id === entry.id && old.version !== entry.version) await shelf.delete(address(old.id, old.version));
  await lookAtShelf();
}

export async function letGo(kept: Kept): Promise<void> {
  await (await caches.open(SHELF)).delete(address(kept.id, kept.version));
  await lookAtShelf();
}

/** Opens what is kept, as the browser does with something it saved. */
export async function openKept(kept: Kept): Promise<void> {
  const held = await (await caches.open(SHELF)).match(address(kept.id, kept.version));
  if (!held) return lookAtShelf();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await held.blob());
  link.download = kept.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
