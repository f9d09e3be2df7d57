/** The papers of the last three invoices, fetched while nothing else is going on: a parent who opens one without a network has it. */
import { invoices, storage } from '../local/api';
import { holds, paper, versionOf } from './papers';

const AHEAD = 3;
interface Network { saveData?: boolean; effectiveType?: string; type?: string }

/** Only where it costs the parent nothing: a fast network, no wish to save data, and no mobile contract as far as the browser says. */
export function goodNetwork(network: Network | undefined, online: boolean): boolean {
  if (!online || network?.saveData) return false;
  return (network?.effectiveType ?? '4g') === '4g' && network?.type !== 'cellular';
}

/** Fetches those that are not there yet, or that have changed since (a payment came in). */
export async function keepAhead(): Promise<void> {
  const network = (navigator as Navigator & { connection?: Network }).connection;
  if (!goodNetwork(network, navigator.onLine) || storage.keeping === 'memory') return;
  const latest = [...(await invoices()())].sort((one, other) => other.issued_on.localeCompare(one.issued_on)).slice(0, AHEAD);
  for (const invoice of latest) {
    const path = `/api/invoices/${invoice.id}/pdf`;
    if (!(await holds(path, versionOf(invoice)))) await paper(path, versionOf(invoice));
  }
}
