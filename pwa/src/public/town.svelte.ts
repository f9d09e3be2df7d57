/** The town's public face: its name, its services. Kept on the device, so that every page has it without a network. */
export interface TownService { code: string; name: string; address: string | null; phones: [string, string][]; hours: string | null }
export interface Town { name: string; short: string; demo: boolean; crest: string; franceconnect: boolean; services: TownService[] }

const KEY = 'portail-town';
const UNKNOWN: Town = { name: '', short: '', demo: false, crest: 'PF', franceconnect: false, services: [] };

function kept(): Town {
  try {
    return { ...UNKNOWN, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Town>) };
  } catch {
    return UNKNOWN;
  }
}

const state = $state<{ town: Town; asked: boolean }>({ town: kept(), asked: false });
export const place: { readonly town: Town } = state;

/** Asks once a visit. A failure changes nothing: what was kept, or nothing, stays on screen. */
export async function learnTown(): Promise<void> {
  if (state.asked) return;
  state.asked = true;
  try {
    const reply = await fetch('/api/public/town', { headers: { accept: 'application/json' } });
    if (!reply.ok || !reply.headers.get('content-type')?.includes('json')) throw new Error('not the town');
    state.town = { ...UNKNOWN, ...((await reply.json()) as Partial<Town>) };
    localStorage.setItem(KEY, JSON.stringify(state.town));
  } catch {
    state.asked = false;
  }
}

/** The service a parent calls about something; the town hall when it is not listed. */
export const serviceFor = (code: string): TownService | undefined => state.town.services.find((one) => one.code === code) ?? state.town.services[0];
