/** Short outcomes said at the bottom of the screen and read aloud; one may carry an « Annuler ». */
export interface Toast { id: number; text: string; tone: '' | 'bad'; topic?: string; action?: { label: string; run: () => void } }

const STAY_MS = 9_000;
let last = 0;
const shown = $state<Toast[]>([]);

export const toasts: readonly Toast[] = shown;

export function dismissToast(id: number): void {
  const at = shown.findIndex((toast) => toast.id === id);
  if (at >= 0) shown.splice(at, 1);
}

/** What is now on screen need not be said any more. */
export function hush(topic: string): void {
  for (const toast of [...shown]) if (toast.topic === topic) dismissToast(toast.id);
}

/** What went wrong stays until it is closed; what went well leaves by itself, or when its `topic` has something newer to say. */
export function say(text: string, options: { tone?: Toast['tone']; topic?: string; action?: Toast['action'] } = {}): void {
  const toast: Toast = { id: ++last, text, tone: options.tone ?? '', topic: options.topic, action: options.action };
  const older = shown.find((one) => one.topic && one.topic === toast.topic && one.tone !== 'bad');
  if (older) dismissToast(older.id);
  shown.push(toast);
  if (shown.length > 3) shown.shift();
  if (toast.tone !== 'bad') setTimeout(() => dismissToast(toast.id), STAY_MS);
}
