/** Whether FranceConnect can be used here, and what it knows of this browser. Asked on line; off line there is no button. */
import { get } from '../agents/client';

export interface ProviderState { available: boolean; quotients: boolean; linked: boolean; can_unlink: boolean; session: boolean; visitor: string | null }

let known = $state.raw<ProviderState | null>(null);

export const provider = {
  get known() {
    return known;
  },
};

export async function learn(): Promise<ProviderState | null> {
  try {
    known = await get<ProviderState>('/api/franceconnect');
  } catch {
    known = null;
  }
  return known;
}
