// What the tabs of one browser tell each other. A hint only: the database is the truth, and a tab that missed a word re-reads it.
export interface Word { say: 'logout'; account: string; revoked: boolean }

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('portail-famille');

export function tell(word: Word): void {
  channel?.postMessage(word);
}

export function listen(hear: (word: Word) => void): void {
  channel?.addEventListener('message', (event: MessageEvent<Word>) => hear(event.data));
}
