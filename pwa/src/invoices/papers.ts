/** Papers as PDF, kept for offline once they were opened. What is kept belongs to the family: signing out removes every cache but the app's own (accounts/wipe.ts). */
import { type InvoiceView, storage } from '../local/api';

const KEPT = 'papers';
const MOST = 24;
const VERSION = 'x-version';

/** What a paper of an invoice changes with: what was paid of it. */
export const versionOf = (invoice: Pick<InvoiceView, 'paid_cents'>): string => String(invoice.paid_cents);

/** The paper, from the town or as kept; null when there is neither. `version`: of what stands on it, when that can change. */
export async function paper(path: string, version = ''): Promise<Blob | null> {
  try {
    const reply = await fetch(path, { redirect: 'error', cache: 'no-store' });
    if (!reply.ok || !reply.headers.get('content-type')?.startsWith('application/pdf')) throw new Error(String(reply.status));
    const blob = await reply.blob();
    await keep(path, blob, version).catch(() => undefined);
    return blob;
  } catch {
    return (await kept(path))?.blob() ?? null;
  }
}

/** Whether this device has the paper as it is now. */
export async function holds(path: string, version: string): Promise<boolean> {
  return (await kept(path))?.headers.get(VERSION) === version;
}

async function kept(path: string): Promise<Response | undefined> {
  try {
    return await (await caches.open(KEPT)).match(path);
  } catch {
    return undefined;
  }
}

async function keep(path: string, blob: Blob, version: string): Promise<void> {
  if (storage.keeping === 'memory') return; // a shared computer keeps nothing
  const cache = await caches.open(KEPT);
  await cache.delete(path);
  await cache.put(path, new Response(blob, { headers: { 'content-type': 'application/pdf', [VERSION]: version } }));
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
