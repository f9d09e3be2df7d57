// Who is signed in on this device, coming and going. The password leaves the page in one request and is kept nowhere.
import { currentBase, useBase } from '../local/current.svelte';
import { type Base, deviceState, openBase } from '../local/base';
import { installWorker } from '../local/installed.svelte';
import { watchKeeping } from '../local/keeping.svelte';
import { queuedCommands } from '../local/queue';
import type { QueuedCommand } from '../local/views';
import { listen, tell } from '../syncing/channel';
import { adopt, type Registration, requestDevice } from '../syncing/devices';
import { startLoop, stopLoop, syncNow } from '../syncing/loop';
import { call } from '../syncing/transport';
import { otherAccountsWait } from './others';
import { forget, owedFarewell, oweFarewell, remember, type Remembered, remembered } from './remembered';
import { wipe } from './wipe';

export interface SessionState {
  readonly status: 'loading' | 'signed_out' | 'signed_in';
  readonly account: Remembered | null;
  /** Why nobody is signed in any more, when it was not this tab's doing. */
  readonly ended: 'revoked' | 'elsewhere' | null;
}
/** Refusals are values: `code` is the server's (`wrong_credentials`, `too_many_attempts`, …) or `offline`. */
export type SignInResult = { ok: true } | { ok: false; code: string; message: string; facts: Record<string, unknown> };
interface SessionReply { account: { id: string; username: string; name: string; role: string }; server_time: string; waits_for?: 'totp' | 'passkey' | 'either' | 'enrol' | null }

const roleOf = (reply: SessionReply): 'parent' | 'agent' => (reply.account.role === 'agent' ? 'agent' : 'parent');

let status = $state<SessionState['status']>('loading');
let signedIn = $state.raw<Remembered | null>(null);
let ended = $state<SessionState['ended']>(null);

export const session: SessionState = {
  get status() {
    return status;
  },
  get account() {
    return signedIn;
  },
  get ended() {
    return ended;
  },
};

let asked: Promise<Remembered | null> | null = null;

/** Who is signed in, found out once. Off line it answers from the phone; with nothing kept here it asks the town. */
export function currentAccount(): Promise<Remembered | null> {
  asked ??= findAccount();
  return asked.then(() => signedIn);
}

async function findAccount(): Promise<Remembered | null> {
  if (owedFarewell() !== null) await payFarewell();
  const kept = remembered();
  if (kept) await enter(kept);
  else if (owedFarewell() !== null) status = 'signed_out';
  else await askTheTown();
  return signedIn;
}

/** Pages for everybody: nobody is asked who they are there, and no refusal lands in their console. */
const OPEN_TO_ALL = ['/', '/connexion', '/inscription-compte', '/simulation', '/documents', '/accessibilite', '/activation', '/mot-de-passe', '/adresse', '/connexion/franceconnect'];

/** A cookie without a copy here: the browser dropped the copy, or this is a new window of a private session. */
async function askTheTown(): Promise<void> {
  if (OPEN_TO_ALL.includes(location.pathname)) {
    status = 'signed_out';
    return;
  }
  const [answer, registration] = await Promise.all([call<SessionReply>('GET', '/api/session'), requestDevice()]);
  if (answer.kind === 'ok') await enter({ id: answer.body.account.id, username: answer.body.account.username, shared: false, role: roleOf(answer.body) }, registration);
  else status = 'signed_out';
}

/** `shared`: a device that others use; everything stays in this tab's memory and goes with it. */
export async function signIn(username: string, password: string, options: { shared?: boolean } = {}): Promise<SignInResult> {
  const shared = options.shared === true;
  const answer = await call<SessionReply>('POST', '/api/session', { username, password, shared });
  if (answer.kind === 'unreachable') return { ok: false, code: 'offline', message: '', facts: { why: answer.why } };
  if (answer.kind === 'refused') return { ok: false, ...answer.refusal };
  const waits = answer.body.waits_for;
  if (waits) return { ok: false, code: 'factor', message: '', facts: { waits } };
  await welcome(answer.body, shared);
  return { ok: true };
}

/** Any other way in (a code after the password, a passkey): the request is made by its page, the rest is the same. */
export async function signInWith(path: string, body: unknown, shared = false): Promise<SignInResult> {
  const answer = await call<SessionReply>('POST', path, body);
  if (answer.kind === 'unreachable') return { ok: false, code: 'offline', message: '', facts: { why: answer.why } };
  if (answer.kind === 'refused') return { ok: false, ...answer.refusal };
  await welcome(answer.body, shared);
  return { ok: true };
}

async function welcome(reply: SessionReply, shared: boolean): Promise<void> {
  oweFarewell(null);
  const account = { id: reply.account.id, username: reply.account.username, shared, role: roleOf(reply) };
  if (signedIn && (signedIn.id !== account.id || signedIn.shared !== shared)) leave();
  await enter(account);
}

async function enter(account: Remembered, registration?: Registration): Promise<void> {
  forget();
  remember(account);
  const base = currentBase() ?? (await openBase(account.id, { memory: account.shared }));
  if (registration) await adopt(base, registration, null);
  useBase(base);
  watchKeeping(base);
  signedIn = account;
  ended = null;
  status = 'signed_in';
  startLoop(base, revoked);
  installWorker();
}

/** Lets go of the copy without touching it: its queue waits for its own account to come back. */
function leave(): void {
  stopLoop();
  currentBase()?.close();
  useBase(null);
  signedIn = null;
  status = 'signed_out';
}

/** `send: true`: tries to send first; if something stays, nothing is wiped and it is returned. `send: false`: abandons it. */
export async function signOut(options: { send: boolean }): Promise<{ done: true } | { done: false; left: QueuedCommand[] }> {
  const base = currentBase();
  if (!base) return { done: true };
  if (options.send) {
    await syncNow();
    const left = await base.read(queuedCommands);
    if (left.length) return { done: false, left };
  }
  const { device } = await base.read((tables) => deviceState(tables, base.account));
  oweFarewell(device ?? '');
  await leaveForGood(base, false);
  await payFarewell();
  return { done: true };
}

async function leaveForGood(base: Base, revokedHere: boolean): Promise<void> {
  const account = base.account;
  stopLoop();
  tell({ say: 'logout', account, revoked: revokedHere });
  useBase(null);
  signedIn = null;
  status = 'signed_out';
  await wipe(base);
}

/** Strikes the device off and ends the session; off line it stays owed, and is paid before anything else at the next start. */
async function payFarewell(): Promise<void> {
  const device = owedFarewell();
  if (device) await call('DELETE', `/api/sync/v1/devices/${encodeURIComponent(device)}`);
  // Ending the session makes the browser forget everything of this site: not while another account's requests wait here.
  if (await otherAccountsWait()) return oweFarewell(null);
  const answer = await call('DELETE', '/api/session');
  if (answer.kind !== 'unreachable') oweFarewell(null);
}

/** The town says that this device was signed out from another one. */
async function revoked(base: Base): Promise<void> {
  ended = 'revoked';
  await leaveForGood(base, true);
}

listen((word) => {
  if (word.say !== 'logout' || signedIn?.id !== word.account) return;
  const base = currentBase();
  if (base) base.leaving = true;
  ended = word.revoked ? 'revoked' : 'elsewhere';
  leave();
});
