// The way out of a bad worker: served in place of sw.js, it clears the app's files from the cache and unregisters itself.
// IndexedDB stays: what a parent asked for is still there when the next version comes.
const leaving = self as unknown as ServiceWorkerGlobalScope;

leaving.addEventListener('install', () => void leaving.skipWaiting());
leaving.addEventListener('activate', (event) => event.waitUntil(leave()));

async function leave(): Promise<void> {
  for (const key of await caches.keys()) await caches.delete(key);
  await leaving.registration.unregister();
  for (const client of await leaving.clients.matchAll({ type: 'window' })) await (client as WindowClient).navigate(client.url).catch(() => null);
}

export {};
