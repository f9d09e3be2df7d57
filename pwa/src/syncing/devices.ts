// This installation in the town's books: registering it, and moving the queue to its numbers.
import { adoptDevice } from '../../../sync/outbox.ts';
import { type Base, deviceState, putOutbox, putState } from '../local/base';
import { makeId } from '../local/ids';
import { type Answer, call } from './transport';

export interface Registered { device: string; last_n: number; epoch: string; server_time: string }
/** Asked for before anybody knows whose base it is for: a first visit waits for the network once less. */
export interface Registration { guard: string; answer: Answer<Registered> }

export async function requestDevice(): Promise<Registration> {
  const guard = makeId('g');
  const answer = await call<Registered>('POST', '/api/sync/v1/devices', {
    label: describeDevice(), platform: platform(), app: __APP_VERSION__, clone_guard: guard,
  });
  return { guard, answer };
}

/** Registers and moves the queue to the new device's numbers. `forgotten`: the town no longer knew the old one, so that what it
 *  had answered is sent again as well. Two tabs at once: the second registration is dropped. */
export async function registerDevice(base: Base, forgotten = false): Promise<Answer<Registered>> {
  const { device: before } = await base.read((tables) => deviceState(tables, base.account));
  const registration = await requestDevice();
  await adopt(base, registration, before, forgotten);
  return registration.answer;
}

/** Takes the registration over if the base still stands at the device it had `before`. */
export async function adopt(base: Base, { guard, answer }: Registration, before: string | null, forgotten = false): Promise<void> {
  if (answer.kind !== 'ok') return;
  const { device, epoch } = answer.body;
  await base.write(async (tables) => {
    const state = await deviceState(tables, base.account);
    if (state.device !== before) return;
    const outbox = await tables.outbox.all();
    const adopted = adoptDevice(state, outbox, await tables.journal.all(), device, guard, forgotten);
    await putOutbox(tables, outbox, adopted.outbox);
    await tables.journal.deleteMany(adopted.journal_drop);
    await putState(tables, { ...adopted.state, epoch });
  }, 'relaxed'); // lost to a power cut, it would only be done again
}

function platform(): string {
  const agent = navigator.userAgent;
  if (/iPhone|iPod/.test(agent)) return 'iphone';
  if (/iPad|Macintosh.*Mobile/.test(agent)) return 'ipad';
  if (/Android/.test(agent)) return /Mobile/.test(agent) ? 'android' : 'android-tablet';
  return /Windows/.test(agent) ? 'windows' : /Mac/.test(agent) ? 'mac' : /CrOS/.test(agent) ? 'chromebook' : 'linux';
}

const NAMES: Record<string, string> = {
  iphone: 'iPhone', ipad: 'iPad', android: 'Téléphone Android', 'android-tablet': 'Tablette Android', windows: 'Ordinateur Windows',
  mac: 'Mac', chromebook: 'Chromebook', linux: 'Ordinateur Linux',
};

/** A name that its owner recognises in a list: « Téléphone Android, Chrome ». */
function describeDevice(): string {
  const agent = navigator.userAgent;
  const browser = ['Firefox', 'Edg', 'SamsungBrowser', 'Chrome', 'Safari'].find((name) => agent.includes(name));
  const shown = browser === 'Edg' ? 'Edge' : browser === 'SamsungBrowser' ? 'Samsung Internet' : browser;
  return shown ? `${NAMES[platform()]}, ${shown}` : (NAMES[platform()] as string);
}
