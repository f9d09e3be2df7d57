/** Says aloud what the town answers to this device's commands while a page is open. */
import { live, receipts, session, type ReceiptBody } from '../local/api';
import { say } from '../ui/toasts.svelte';

const QUIET = new Set(['device.rename@1', 'device.revoke@1']);

/** Call it while the application starts. Answers already there when someone signs in are not said again. */
export function announceAnswers(): void {
  const answers = live(() => receipts({ all: true }), []);
  let known: Set<string> | null = null;
  let whose = '';
  $effect(() => {
    const list = answers.value;
    const account = session.account?.id ?? '';
    if (account !== whose || !answers.ready) {
      whose = account;
      known = answers.ready ? new Set(list.map((one) => one.key)) : null;
      return;
    }
    const heard = known ?? new Set(list.map((one) => one.key));
    for (const receipt of list) {
      if (heard.has(receipt.key) || !receipt.here || QUIET.has(receipt.kind)) continue;
      void tellAnswer(receipt);
    }
    known = new Set(list.map((one) => one.key));
  });
}

/** The words are loaded with the first answer: nobody needs them before. */
async function tellAnswer(receipt: ReceiptBody): Promise<void> {
  const { announcement } = await import('../texts/outcomes');
  const { text, bad } = announcement(receipt);
  say(text, { tone: bad ? 'bad' : '', topic: 'send' });
}
