/** The agents' screens talk to /api/agents/… and nothing of it is kept on the device. */
import { call } from '../syncing/transport';

/** What the town answered instead of doing it: `code` and `facts` are the server's, the message is a French sentence. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export const OFFLINE = 'La mairie ne répond pas. Vérifiez le réseau, puis réessayez.';

/** Reads; empty filters are left out of the address. Throws `Refused`. */
export function get<T>(path: string, filters: Record<string, string | number | undefined> = {}): Promise<T> {
  const said = Object.entries(filters).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return asked<T>('GET', query ? `${path}?${query}` : path);
}

/** Acts. Throws `Refused`. */
export const send = <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> => asked<T>(method, path, body);

async function asked<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call<T>(method, path, body);
  if (answer.kind === 'ok') return answer.body;
  if (answer.kind === 'unreachable') throw new Refused('offline', OFFLINE);
  throw new Refused(answer.refusal.code, answer.refusal.message, answer.refusal.facts);
}

/** The sentence to show, whatever went wrong. */
export const said = (fault: unknown): string => (fault instanceof Error && fault.message ? fault.message : 'Une erreur est survenue. Réessayez.');
