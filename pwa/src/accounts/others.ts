import { accountsHere, Base } from '../local/base';

/** Whether another account's requests wait on this device: they must survive that this one leaves. */
export async function otherAccountsWait(): Promise<boolean> {
  for (const account of await accountsHere()) {
    const base = new Base(account);
    try {
      if ((await base.read((tables) => tables.outbox.count())) > 0) return true;
    } catch {
      return true; // unreadable: rather keep it
    } finally {
      base.close();
    }
  }
  return false;
}
