// While the app is on screen, the town says when something changed. A hint without content: polling goes on beside it.
import { parseCursor } from '../../../sync/cursor.ts';
import type { Base } from '../local/base';

const AGAIN_AFTER_REFUSAL = 60_000;

let source: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;

/** Opens the stream; `hear` gets the seq of each scope that the town names. Safe to call again. */
export function watchHeads(hear: (heads: Record<string, number>) => void): void {
  if (source || typeof EventSource === 'undefined') return;
  source = new EventSource('/api/sync/v1/heads');
  source.addEventListener('head', (event: MessageEvent<string>) => hear(JSON.parse(event.data) as Record<string, number>));
  source.addEventListener('error', () => {
    // The browser retries a lost line by itself, not a refused one.
    if (source?.readyState !== EventSource.CLOSED) return;
    leaveHeads();
    retry = setTimeout(() => watchHeads(hear), AGAIN_AFTER_REFUSAL);
  });
}

export function streaming(): boolean {
  return source?.readyState === 1; // EventSource.OPEN
}

export function leaveHeads(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

/** Whether the town is further than this phone. What we have just fetched ourselves is announced to us too. */
export async function areBehind(base: Base, heads: Record<string, number>): Promise<boolean> {
  const held = new Map((await base.read((tables) => tables.scopes.all())).map((scope) => [scope.scope, parseCursor(scope.cursor)]));
  return Object.entries(heads).some(([scope, seq]) => (held.get(scope)?.seq ?? -1) < seq);
}
