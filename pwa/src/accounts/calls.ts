/** Calls about an account: made with a network only, and nothing of them is kept on the device. */
import { call } from '../syncing/transport';

/** A refusal is a value: `fields` and `reasons` are codes whose sentences stand in texts/accounts.ts. */
export type Told<T> = { ok: true; body: T } | { ok: false; code: string; message: string; fields: Record<string, string>; reasons: string[] };

const OFFLINE = 'Pas de réseau : cette étape demande une connexion à Internet. Rien n’est perdu, réessayez dans un instant.';

export async function tell<T = unknown>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Told<T>> {
  const answer = await call<T>(method, path, body);
  if (answer.kind === 'ok') return { ok: true, body: answer.body };
  if (answer.kind === 'unreachable') return { ok: false, code: 'offline', message: OFFLINE, fields: {}, reasons: [] };
  const { code, message, facts } = answer.refusal;
  return { ok: false, code, message, fields: (facts.fields as Record<string, string> | undefined) ?? {}, reasons: (facts.reasons as string[] | undefined) ?? [] };
}

/** The secret of a followed link, taken out of the address so that it does not stay in the history. */
export function takeSecret(): string {
  const secret = location.hash.slice(1);
  if (secret) history.replaceState(history.state, '', location.pathname + location.search);
  return secret;
}

/** Another link pasted into the same tab changes only what follows the #: the page then begins again with it. */
export function beginAgain(): void {
  if (location.hash.length > 1) location.reload();
}
