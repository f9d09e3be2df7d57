// The service worker: keeps the app's own files, opens it without a network, sends what waits when the browser wakes it.
// Listeners only; it never touches /api/, and a new version waits until the page says so.
import { sendAll } from '../src/syncing/background';
import { fill, fresh, isShell, prune, shellFor } from './precache';
import { announce, openFrom } from './push';

declare const __SHELL_VERSION__: string;
declare const __PRECACHE__: string[];
const sw = self as unknown as ServiceWorkerGlobalScope;
const SHELL = `shell-${__SHELL_VERSION__}`;
/** Served by the town in its own colours and name: kept like the rest, refreshed at each use. */
const REFRESHED = ['/theme.css', '/manifest.json'];

sw.addEventListener('install', (event) => event.waitUntil(fill(SHELL, __PRECACHE__, REFRESHED)));
sw.addEventListener('activate', (event) => event.waitUntil(prune(SHELL).then(() => sw.clients.claim())));
sw.addEventListener('message', (event) => {
  if (event.data === 'skip-waiting') event.waitUntil(sw.skipWaiting());
});
sw.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
  if (REFRESHED.includes(url.pathname)) event.respondWith(fresh(SHELL, url.pathname, (work) => event.waitUntil(work)));
  else if (request.mode === 'navigate' ? !isFile(url.pathname) : isShell(url.pathname, __PRECACHE__)) event.respondWith(shellFor(SHELL, request, url));
});
sw.addEventListener('sync', ((event: ExtendableEvent & { tag: string }) => {
  if (event.tag === 'outbox') event.waitUntil(sendAll());
}) as EventListener);
sw.addEventListener('push', (event) => event.waitUntil(announce(sw.registration, event.data)));
sw.addEventListener('notificationclick', (event) => event.waitUntil(openFrom(sw.clients, event.notification)));

/** A document to download is not a page of the app. */
function isFile(path: string): boolean {
  return /\.[a-z0-9]+$/i.test(path) && path !== '/index.html';
}
