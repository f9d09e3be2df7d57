// The service worker seen from a page: registering it, and moving to a new version when the parent says so.
import { exchange } from '../syncing/status.svelte';

let waiting = $state.raw<ServiceWorker | null>(null);
let applying = false;
let known: ServiceWorkerRegistration | null = null;
let address: unknown = null;

export const update = {
  /** A new version is there and waits. */
  get ready(): boolean {
    return waiting !== null;
  },
};

/** The new version takes over and the page starts again. What is being sent arrives first. */
export async function applyUpdate(): Promise<void> {
  applying = true;
  for (let i = 0; i < 100 && exchange.state.kind === 'sending'; i++) await new Promise((resolve) => setTimeout(resolve, 200));
  waiting?.postMessage('skip-waiting');
}

/** Registers the worker once the page has what it needs: its downloads must not slow down a first visit. Safe to call again,
 *  and needed after a sign-out, which makes the browser forget the worker too. */
export function installWorker(): void {
  if (!import.meta.env?.PROD || !('serviceWorker' in navigator)) return;
  const begin = (): void => void register().catch((fault: unknown) => console.warn('No offline start:', fault));
  const idle = (): unknown => ('requestIdleCallback' in globalThis ? requestIdleCallback(begin, { timeout: 5000 }) : setTimeout(begin, 1000));
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}

async function register(): Promise<void> {
  address ??= trusted('/sw.js');
  const registration = await navigator.serviceWorker.register(address as string, { updateViaCache: 'none' });
  if (registration === known) return;
  known = registration;
  navigator.serviceWorker.addEventListener('controllerchange', () => applying && location.reload());
  if (registration.waiting) waiting = registration.waiting;
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing;
    coming?.addEventListener('statechange', () => {
      // The first worker of all takes over by itself; only a later one waits.
      if (coming.state === 'installed' && navigator.serviceWorker.controller) waiting = coming;
    });
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
  });
}

interface Policies { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown } }

/** The one script address that this app ever makes by program: the page's policy refuses any other. */
function trusted(url: '/sw.js'): unknown {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  if (!policies) return url;
  const policy = policies.createPolicy('portail-sw', {
    createScriptURL: (asked) => {
      if (asked !== '/sw.js') throw new TypeError(asked);
      return asked;
    },
  });
  return policy.createScriptURL(url);
}
