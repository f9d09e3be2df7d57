/** Which agent is here, as the server says: the service decides which pages are shown. */
import { get } from './client';

interface Me { account: { id: string; username: string; name: string; role: string; service: string | null } }

let known = $state.raw<Me['account'] | null>(null);

export const me = {
  get name() {
    return known?.name ?? '';
  },
  get id() {
    return known?.id ?? '';
  },
  get service() {
    return known?.service ?? null;
  },
  get known() {
    return known !== null;
  },
};

/** Asked when the agents' space opens; another agent may have signed in on this computer since. */
export async function learnMe(): Promise<void> {
  known = (await get<Me>('/api/session')).account;
}
