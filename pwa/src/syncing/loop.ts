// When to exchange. Anything may wake it (see triggers.ts); its own timer always does, whatever went wrong before.
import { MOST_OPS } from '../../../sync/commands.ts';
import { nextExchange } from '../../../sync/device.ts';
import type { Base } from '../local/base';
import { type Anchor, recallClock, skew } from '../local/clock';
import { refillIfRoom, withDb } from '../local/room';
import { sendBeside, whenReleased } from './beside';
import { exchangeOnce } from './exchange';
import { areBehind, leaveHeads, streaming, watchHeads } from './heads';
import { sendLater } from './later';
import { type LastExchange, lastExchange, note } from './notes';
import { showBase, showBusy, showSkew } from './status.svelte';
import { takeTurn } from './turn';

const POLL_WHILE_SHOWN = 60_000;

let base: Base | null = null;
let onRevoked: (base: Base) => Promise<void> = async () => undefined;
let running: Promise<void> | null = null;
let wokenMeanwhile = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let attempt = 0;
let mostOps = MOST_OPS;
let received = 0;
let signIns = 0;
/** The town answered the last time it was asked. */
let reached = false;

/** Begins to exchange for the signed-in account. `revoked`: the town struck this device off. */
export function startLoop(current: Base, revoked: (base: Base) => Promise<void>): void {
  signIns += 1;
  if (base !== current) {
    stopLoop();
    base = current;
    onRevoked = revoked;
    received = 0;
    showBase(base);
    void prepare(current);
    whenReleased(wake);
  }
  wake();
}

export function stopLoop(): void {
  clearTimeout(timer);
  leaveHeads();
  base = null;
  showBase(null);
}

/** Something happened that makes a try worth while: failures so far are forgotten. */
export function wake(): void {
  void syncNow();
}

/** Exchanges now; resolves when nothing is left to do, or when it failed. */
export async function syncNow(): Promise<void> {
  attempt = 0;
  await run();
}

/** What the last start left: how wrong this device's clock is, and rows that were let go for want of room. */
async function prepare(current: Base): Promise<void> {
  await withDb(current, async (open) => {
    const anchor = (await open.read((tables) => tables.meta.get('clock')))?.v as Anchor | undefined;
    if (anchor) recallClock(anchor);
    await refillIfRoom(open);
  }).catch((fault: unknown) => console.warn('Not prepared:', (fault as Error).name));
}

async function run(): Promise<void> {
  wokenMeanwhile = true;
  running ??= turns();
  await running;
}

/** Exchanges until nothing remains or it fails, then sets the timer. Never throws: the timer must be set whatever happens. */
async function turns(): Promise<void> {
  await Promise.resolve(); // acts of one gesture leave together
  for (let current = base; current && current === base; ) {
    clearTimeout(timer);
    wokenMeanwhile = false;
    const wait = await oneTurn(current).catch((fault: unknown) => afterFault(current, fault));
    // Whatever woke it during an exchange that went well was served by it, commands included.
    if (base !== current || wait === 0 || (wokenMeanwhile && attempt > 0)) {
      current = base;
      continue;
    }
    showBusy('idle');
    if (attempt > 0) void sendLater(current);
    if (wait !== null) timer = setTimeout(() => void run(), shown() && !streaming() ? Math.min(wait, POLL_WHILE_SHOWN) : wait);
    break;
  }
  running = null;
}

/** Milliseconds until the next one; null: until something wakes it. */
async function oneTurn(current: Base): Promise<number | null> {
  const last = await withDb(current, (open) => open.read(lastExchange));
  const first = (last?.okAt ?? null) === null;
  // While the line seems dead only a question goes out: what was never sent can still be taken back.
  const probing = seemsOffline(last);
  const ops = probing ? 0 : mostOps;
  const asked = signIns;
  showBusy(probing ? 'idle' : first ? 'receiving' : 'sending', received);
  const done = await (current.memory ? exchangeOnce(current, ops) : takeTurn(current.account, () => exchangeOnce(current, ops)));
  if (base !== current) return null;
  // "Sign in" to a question that was asked before somebody did.
  if (asked !== signIns && ['need_sign_in', 'other_account'].includes(done.decision.do)) return 0;
  reached = done.status !== 0 && done.decision.do !== 'not_ours';
  received = first ? received + done.rows : 0;
  mostOps = done.decision.do === 'smaller' ? Math.max(1, Math.floor(mostOps / 2)) : MOST_OPS;
  showSkew(skew());
  if (done.decision.do === 'wiped') {
    await onRevoked(current);
    return null;
  }
  await note(current, done);
  if (done.decision.do === 'apply') sendBeside(current);
  if (done.decision.do === 'apply' && shown()) watchHeads(onHeads);
  if (done.decision.do === 'need_sign_in') leaveHeads();
  if (done.progressed && done.decision.do === 'renumber') return 0;
  if (probing && done.decision.do === 'apply' && done.unfinished) return 0; // the line is back: now the queue
  const [next, wait] = nextExchange(done.decision, done.progressed, done.unfinished, attempt, Math.random());
  attempt = next;
  return wait;
}

/** The browser's word is a hint, and wrong on some machines: it decides what is asked first, never whether to ask. */
function seemsOffline(last: LastExchange | undefined): boolean {
  return !reached && (navigator.onLine === false || last?.end === 'offline');
}

/** A fault of this browser's storage, or ours: written down for whoever looks, and tried again in a minute. */
function afterFault(current: Base | null, fault: unknown): number {
  if (!current?.leaving) console.error('The exchange failed on this device:', fault);
  return POLL_WHILE_SHOWN;
}

function onHeads(heads: Record<string, number>): void {
  const current = base;
  if (!current) return;
  // An exchange under way probably brings it: look again when it is over.
  void (running ?? Promise.resolve()).then(() => areBehind(current, heads)).then((behind) => behind && base === current && wake(), () => undefined);
}

export function shown(): boolean {
  return typeof document === 'undefined' || document.visibilityState === 'visible';
}
