import { Dexie } from 'dexie';
import { accountsHere, Base } from '../local/base';

/** Whether another account's requests wait on this device: they must survive that this one leaves. */
export async function otherAccountsWait(): Promise<boolean> {
  for (const account of await accountsHere()) {
    const base = new Base(account, false);
    try {
      if ((await base.outbox.count()) > 0) return true;
    } catch (fault) {
      if (!(fault instanceof Dexie.NoSuchDatabaseError)) return true; // unreadable: rather keep it
    } finally {
      base.close();
    }
  }
  return false;
}
