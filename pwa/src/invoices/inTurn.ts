/** Several invoices, one card payment each, in turn: the bank takes one at a time. The list lives as long as the tab; what was paid is the town's to say. */
import type { InvoiceView } from '../local/api';

const KEY = 'portail-payer';

export const isDue = (invoice: InvoiceView): boolean => invoice.kind !== 'credit' && invoice.total_cents > invoice.paid_cents;
export const left = (invoice: InvoiceView): number => invoice.total_cents - invoice.paid_cents;

export function remember(ids: string[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(ids));
  } catch {
    // Without it the next invoice is found on the page all the same.
  }
}

export function forgetList(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

function remembered(): string[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** What is still to be paid of those that were chosen, in their order, but not `but`; nothing was chosen: none. */
export function stillToPay(all: InvoiceView[], but: string): InvoiceView[] {
  return remembered().filter((id) => id !== but).flatMap((id) => all.filter((one) => one.id === id && isDue(one) && !one.live));
}
