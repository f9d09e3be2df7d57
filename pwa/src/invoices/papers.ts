/** Papers as PDF, kept for offline once they were opened. What is kept belongs to the family: signing out removes every cache but the app's own (accounts/wipe.ts). */
import { storage } from '../local/api';

const KEPT = 'papers';
const MOST = 24;

/** The paper, from the town or as kept; null when there is neither. */
export async function paper(path: string): Promise<Blob | null> {
  try {
    const reply = await fetch(path, { redirect: 'error', cache: 'no-store' });
    if (!reply.ok || !reply.headers.get('content-type')?.startsWith('application/pdf')) throw new Error(String(reply.status));
    const blob = await reply.blob();
    await keep(path, blob).catch(() => undefined);
    return blob;
  } catch {
    return await kept(path);
  }
}

async function kept(path: string): Promise<Blob | null> {
  try {
    const found = await (await caches.open(KEPT)).match(path);
    return found ? await found.blob() : null;
  } catch {
    return null;
  }
}

async function keep(path: string, blob: Blob): Promise<void> {
  if (storage.keeping === 'memory') return; // a shared computer keeps nothing
  const cache = await caches.open(KEPT);
  await cache.delete(path);
  await cache.put(path, new Response(blob, { headers: { 'content-type': 'application/pdf' } }));
  const all = await cache.keys();
  for (const old of all.slice(0, Math.max(0, all.length - MOST))) await cache.delete(old);
}

/** Hands the paper over as a download, which every browser and every installed app can do. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
