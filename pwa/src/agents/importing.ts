/** A billing base goes up whole, and the town says on the way how many lines are done; hanging up imports nothing. */
import { OFFLINE, Refused } from './client';

interface Word<T> { done?: number; total?: number; report?: T; error?: { code: string; message: string } }

/** The report. Throws `Refused`. */
export async function bring<T>(csv: string, rehearsal: boolean, tell: (done: number, total: number) => void): Promise<T> {
  const headers = { accept: 'application/x-ndjson', 'content-type': 'application/json' };
  const body = JSON.stringify({ csv, dry_run: rehearsal });
  const answer = await fetch('/api/agents/import', { method: 'POST', headers, body, redirect: 'error', cache: 'no-store' }).catch(() => null);
  if (!answer?.body) throw new Refused('offline', OFFLINE);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    const lines = (rest + (value ?? '')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of done && rest ? [...lines, rest] : lines) {
      const word = parsed<T>(line);
      if (word?.error) throw new Refused(word.error.code, word.error.message);
      if (word?.report) return word.report;
      if (word?.total !== undefined) tell(word.done ?? 0, word.total);
    }
    if (done) throw new Refused('offline', 'La connexion a été coupée avant la fin : rien n’a été enregistré. Réessayez.');
  }
}

function parsed<T>(line: string): Word<T> | null {
  try {
    return JSON.parse(line) as Word<T>;
  } catch {
    return null;
  }
}
