/** Installing: what this browser can do, and the one time we speak of it. */
import { say } from '../ui/toasts.svelte';
import { go } from '../router.svelte';

interface InstallPrompt extends Event { prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }> }

const TOLD = 'portail-install-told';
const standalone = (): boolean => matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true;
const onApple = (): boolean => /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1);

let prompt: InstallPrompt | null = null;
/** `offer`: the browser's own dialog may be opened. `steps`: the iPhone's way, by hand. `menu`: the browser's menu may know. */
export const installing = $state<{ way: 'done' | 'offer' | 'steps' | 'menu' }>({ way: 'menu' });

/** Call it before the first page: the browser speaks early, and once. */
export function watchInstalling(): void {
  installing.way = standalone() ? 'done' : onApple() ? 'steps' : 'menu';
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    prompt = event as InstallPrompt;
    if (installing.way !== 'done') installing.way = 'offer';
  });
  addEventListener('appinstalled', () => (installing.way = 'done'));
}

export async function install(): Promise<void> {
  const answer = await prompt?.prompt();
  prompt = null;
  installing.way = answer?.outcome === 'accepted' ? 'done' : 'menu';
}

/** After the first booking, once per device: what installing brings, and where to find it. */
export function afterFirstBooking(): void {
  try {
    if (installing.way === 'done' || localStorage.getItem(TOLD)) return;
    localStorage.setItem(TOLD, '1');
  } catch {
    return;
  }
  say('Installez le portail : il s’ouvre même sans réseau.', { action: { label: 'Comment ?', run: () => void go('/parametres#installer') } });
}
