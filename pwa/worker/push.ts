// Notifications: generic words only, so that a lock screen tells nothing about a family.

/** The declarative shape that Safari reads by itself; other browsers hand it to us. */
interface Declared { notification?: { title?: string; body?: string; navigate?: string; tag?: string } }

export async function announce(registration: ServiceWorkerRegistration, data: PushMessageData | null): Promise<void> {
  const told = read(data)?.notification ?? {};
  // A dot on the app's icon until it is opened and knows the number; where browsers can.
  void (navigator as { setAppBadge?: () => Promise<void> }).setAppBadge?.().catch(() => undefined);
  // Always something visible: Apple silently ends a subscription whose pushes show nothing.
  await registration.showNotification(told.title ?? 'Portail famille', {
    body: told.body ?? 'Du nouveau sur le portail.', tag: told.tag, lang: 'fr', icon: '/icons/icon-192.png', data: { navigate: told.navigate ?? '/accueil' },
  });
}

function read(data: PushMessageData | null): Declared | null {
  try {
    return (data?.json() as Declared | undefined) ?? null;
  } catch {
    return null;
  }
}

/** Shows the page that the notification speaks of, in a window that is already open if there is one. Always on our own origin: the
 *  town's public address may differ from the one that this browser knows it by, and nothing else is ever opened. */
export async function openFrom(clients: Clients, notification: Notification): Promise<void> {
  notification.close();
  const { pathname, search } = new URL((notification.data as { navigate?: string } | null)?.navigate ?? '/', location.origin);
  const target = location.origin + pathname + search;
  const open = (await clients.matchAll({ type: 'window' })).find((client) => new URL(client.url).origin === location.origin);
  // A window that another worker holds cannot be led elsewhere: then a new one.
  const shown = await open?.navigate(target).catch(() => null);
  await (shown ? shown.focus() : clients.openWindow(target));
}
