/** Short outcomes said at the bottom of the screen and read aloud; one may carry an « Annuler ». */
import { untrack } from 'svelte';

export interface Toast { id: number; text: string; tone: '' | 'bad'; topic?: string; action?: { label: string; run: () => void } }

const STAY_MS = 9_000;
const MOST = 3;
let last = 0;
let shown = $state.raw<readonly Toast[]>([]);

/** `toasts.shown`, oldest first. */
export const toasts = {
  get shown(): readonly Toast[] {
    return shown;
  },
};

/** Changes the list without making the effect that speaks depend on it. */
function change(next: (before: readonly Toast[]) => readonly Toast[]): void {
  shown = next(untrack(() => shown));
}

export const dismissToast = (id: number): void => change((before) => before.filter((toast) => toast.id !== id));

/** What is now on screen need not be said any more; without a topic: nothing of what was said stays. */
export const hush = (topic?: string): void => change((before) => (topic ? before.filter((toast) => toast.topic !== topic) : []));

/** What went wrong stays until it is closed; what went well leaves by itself, or when its `topic` has something newer to say. */
export function say(text: string, options: { tone?: Toast['tone']; topic?: string; action?: Toast['action'] } = {}): void {
  const toast: Toast = { id: ++last, text, tone: options.tone ?? '', topic: options.topic, action: options.action };
  change((before) => [...before.filter((one) => !one.topic || one.topic !== toast.topic || one.tone === 'bad'), toast].slice(-MOST));
  if (toast.tone !== 'bad') setTimeout(() => dismissToast(toast.id), STAY_MS);
}
