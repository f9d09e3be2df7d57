/** Pushes on this device: whether the browser can, asking in a tap, subscribing, and checking again at each start. */
import { followBadge } from '../local/badge';
import { call } from '../syncing/transport';

export type PushState = 'unsupported' | 'install_first' | 'blocked' | 'off' | 'on';
/** A browser may wait for ever for a push service that it cannot reach. */
const PATIENCE = 15_000;

export const push = $state<{ state: PushState; busy: boolean; fault: string }>({ state: 'off', busy: false, fault: '' });

const able = (): boolean => 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
/** iPhones and iPads notify only apps of the home screen. */
const onApple = (): boolean => /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1);

export async function look(): Promise<void> {
  if (!able()) push.state = onApple() ? 'install_first' : 'unsupported';
  else if (Notification.permission === 'denied') push.state = 'blocked';
  else push.state = Notification.permission === 'granted' && (await current()) ? 'on' : 'off';
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Call it from a tap: browsers ask for the permission only then. */
export async function turnOn(): Promise<void> {
  push.busy = true;
  push.fault = '';
  try {
    if ((await Notification.requestPermission()) === 'granted') await subscribe();
  } catch (error) {
    push.fault = error instanceof Error && error.name === 'AbortError' ? 'Le service de notification de votre navigateur ne répond pas. Réessayez plus tard.' : 'Les notifications n’ont pas pu être activées. Réessayez avec du réseau.';
  }
  push.busy = false;
  await look();
}

export async function turnOff(): Promise<void> {
  push.busy = true;
  await (await current())?.unsubscribe().catch(() => undefined);
  await call('DELETE', '/api/sync/v1/push-subscription');
  push.busy = false;
  await look();
}

/** At each start: browsers change or lose subscriptions without a word, and the town must know the one that works. */
export async function recheck(): Promise<void> {
  followBadge();
  if (!able() || Notification.permission !== 'granted' || !(await current())) return;
  await subscribe().catch(() => undefined);
}

async function subscribe(): Promise<void> {
  const answer = await call<{ key: string }>('GET', '/api/public/push-key');
  if (answer.kind !== 'ok') throw new Error('no key');
  const key = bytesOf(answer.body.key);
  const registration = await navigator.serviceWorker.ready;
  const before = await registration.pushManager.getSubscription();
  if (before && !same(before.options.applicationServerKey, key)) await before.unsubscribe();
  const subscription = await inTime(registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const { endpoint, keys } = subscription.toJSON();
  const told = await call('PUT', '/api/sync/v1/push-subscription', { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth } });
  if (told.kind !== 'ok') throw new Error('not told');
}

/** Sends a trial to this device; false when the town knows no subscription of it. */
export async function tryOut(): Promise<boolean> {
  const answer = await call<{ sent: boolean }>('POST', '/api/notifications/trial');
  return answer.kind === 'ok' && answer.body.sent;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  return await Promise.race([work, new Promise<never>((_, reject) => setTimeout(() => reject(new DOMException('No answer', 'AbortError')), PATIENCE))]);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function same(one: ArrayBuffer | null, other: Uint8Array): boolean {
  const bytes = new Uint8Array(one ?? new ArrayBuffer(0));
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at]);
}
