// Sending from the service worker, with no tab open: the browser calls it when the network is back (Chromium only).
import { MOST_OPS } from '../../../sync/commands.ts';
import { accountsHere, Base, countWaiting } from '../local/base';
import { exchangeOnce } from './exchange';
import { sendFiles } from './uploads';
import { takeTurn } from './turn';

const MOST_TURNS = 50;

/** Sends what waits on this device, of every account: the town takes only that of who is signed in. Throws while something is
 *  left that a later try may send, so that the browser calls again. */
export async function sendAll(): Promise<void> {
  const left = [];
  for (const account of await accountsHere()) if (!(await sendFor(account))) left.push(account);
  if (left.length) throw new Error(`${left.length} queue(s) not empty yet`);
}

/** True when nothing waits, or nothing that trying again soon would send. */
async function sendFor(account: string): Promise<boolean> {
  const base = new Base(account);
  try {
    const files = await sendFiles(base);
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const done = await takeTurn(account, async () => ((await base.read(countWaiting)) === 0 ? null : exchangeOnce(base, MOST_OPS)));
      if (!done) return files.left === 0;
      if (['need_sign_in', 'other_account', 'wiped', 'upgrade', 'broken'].includes(done.decision.do)) return true;
      if (!done.progressed) return false;
    }
    return false;
  } finally {
    base.close();
  }
}
