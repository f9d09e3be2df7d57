// What pages may ask of the phone's copy. Each read is a function to run once, or to follow with `live`.
import { type Base, deviceState, type StoredRow } from './base';
import { byPosition, idOf, once, rowsOf } from './lookups';
import { withCurrent } from './current.svelte';
import { queuedCommands } from './queue';
import type { AccountBody, CalendarBody, DeviceBody, EnrolmentBody, FamilyBody, InvoiceBody, NewsBody, ReceiptBody, ServiceBody } from './rows';
import type {
  AccountView, CalendarView, DeviceView, EnrolmentView, FamilyView, InvoiceView, NewsView, QueuedCommand, ReceiptView, ServiceView,
} from './views';

/** A question to the phone's copy; run it with `live`, or await it once: `await bookings(from, to)()`. */
export type Query<T> = () => Promise<T>;

function list<B, V>(kind: string, view: (body: B, row: StoredRow, base: Base) => V, compare?: (a: V, b: V) => number): Query<V[]> {
  return () =>
    withCurrent(async (base) => {
      const found = (await rowsOf(base, kind)).map((row) => view(row.body as B, row, base));
      return compare ? found.sort(compare) : found;
    });
}

/** The signed-in account as the town knows it; null before the first exchange. */
export function account(): Query<AccountView | null> {
  const all = list<AccountBody, AccountView>('account', (body, row) => ({ ...body, id: idOf(row) }));
  return async () => (await all())[0] ?? null;
}

export function families(): Query<FamilyView[]> {
  return list<FamilyBody, FamilyView>('family', (body, row) => ({ ...body, id: idOf(row) }));
}

export function enrolments(): Query<EnrolmentView[]> {
  return list<EnrolmentBody, EnrolmentView>('enrol', (body, row) => ({ ...body, id: idOf(row) }));
}

/** Latest first. */
export function invoices(): Query<InvoiceView[]> {
  return list<InvoiceBody, InvoiceView>('invoice', asInvoice, (a, b) => b.issued_on.localeCompare(a.issued_on));
}

export function invoice(id: string): Query<InvoiceView | null> {
  const all = invoices();
  return async () => (await all()).find((found) => found.id === id) ?? null;
}

function asInvoice(body: InvoiceBody, row: StoredRow): InvoiceView {
  return { ...body, id: idOf(row), paid: body.paid_cents >= body.total_cents };
}

/** Pinned ones first, then the latest. */
export function news(): Query<NewsView[]> {
  return list<NewsBody, NewsView>('news', (body, row) => ({ ...body, id: idOf(row) }),
    (a, b) => Number(b.pinned) - Number(a.pinned) || b.at.localeCompare(a.at));
}

export function services(): Query<ServiceView[]> {
  const all = list<ServiceBody, ServiceView>('service', (body, row) => ({ ...body, code: idOf(row) }), byPosition);
  return async () => once(await all(), (found) => found.code);
}

/** Holidays and days off that touch the dates given. */
export function calendar(from: string, to: string): Query<CalendarView[]> {
  const all = list<CalendarBody, CalendarView>('calendar', (body, row) => ({ ...body, id: idOf(row) }));
  return async () => once(await all(), (found) => found.id).filter((period) => period.from <= to && period.to >= from);
}

export function devices(): Query<DeviceView[]> {
  return () =>
    withCurrent(async (base) => {
      const here = (await deviceState(base)).device;
      const found = (await rowsOf(base, 'device')).map((row) => ({ ...(row.body as DeviceBody), id: idOf(row), current: idOf(row) === here }));
      return found.sort((a, b) => b.seen_at.localeCompare(a.seen_at));
    });
}

/** Latest first; those dismissed on this device only with `all`. */
export function receipts(options: { all?: boolean } = {}): Query<ReceiptView[]> {
  return () =>
    withCurrent(async (base) => {
      const here = (await deviceState(base)).device;
      const dismissed = await dismissedKeys(base);
      const found = once(await rowsOf(base, 'receipt'), (row) => row.key).map((row): ReceiptView => {
        const body = row.body as ReceiptBody;
        return { ...body, key: row.key, here: body.device === here, dismissed: dismissed.has(row.key) };
      });
      return found.filter((receipt) => options.all || !receipt.dismissed).reverse();
    });
}

export async function dismissedKeys(base: Base): Promise<Set<string>> {
  return new Set(((await base.meta.get('dismissed'))?.v as string[] | undefined) ?? []);
}


/** What is still on this phone, in the order in which it will be sent, then what was set aside. */
export function queue(): Query<QueuedCommand[]> {
  return () => withCurrent(queuedCommands);
}
