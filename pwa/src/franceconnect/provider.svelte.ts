/** Whether FranceConnect can be used here, and what it knows of this browser. Asked on line; off line there is no button. */
import { call } from '../syncing/transport';

export interface ProviderState { available: boolean; quotients: boolean; linked: boolean; can_unlink: boolean; session: boolean; visitor: string | null }

let known = $state.raw<ProviderState | null>(null);

export const provider = {
  get known() {
    return known;
  },
};

export async function learn(): Promise<ProviderState | null> {
  const answer = await call<ProviderState>('GET', '/api/franceconnect');
  known = answer.kind === 'ok' ? answer.body : null;
  return known;
}
