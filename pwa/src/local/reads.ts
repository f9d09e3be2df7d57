// What pages may ask of the phone's copy.
import { deviceState, type StoredRow, type Tables } from './base';
import { byPosition, idOf, once, rowsOf } from './lookups';
import { type Query, query } from './query';
import { queuedCommands } from './queue';
import type { AccountBody, CalendarBody, DeviceBody, EnrolmentBody, FamilyBody, InvoiceBody, NewsBody, NotificationsBody, PriceBody, ReceiptBody, ServiceBody } from './rows';
import type {
  AccountView, CalendarView, DeviceView, EnrolmentView, FamilyView, InvoiceView, NewsView, PriceView, QueuedCommand, ReceiptView, ServiceView,
} from './views';

/** All rows of a kind as views, each once: two school years may describe the same service. */
async function all<B, V>(tables: Tables, kind: string, view: (body: B, row: StoredRow) => V): Promise<V[]> {
  return once(await rowsOf(tables, kind), (row) => row.key).map((row) => view(row.body as B, row));
}

/** The signed-in account as the town knows it; null before the first exchange. */
export function account(): Query<AccountView | null> {
  return query(async (tables) => (await all(tables, 'account', (body: AccountBody, row) => ({ ...body, id: idOf(row) })))[0] ?? null);
}

export function families(): Query<FamilyView[]> {
  return query((tables) => all(tables, 'family', (body: FamilyBody, row) => ({ ...body, id: idOf(row) })));
}

export function enrolments(): Query<EnrolmentView[]> {
  return query((tables) => all(tables, 'enrol', (body: EnrolmentBody, row) => ({ ...body, id: idOf(row) })));
}

/** Latest first. */
export function invoices(): Query<InvoiceView[]> {
  return query(async (tables) => (await all(tables, 'invoice', asInvoice)).reverse());
}

/** What the town holds in the family's favour, in cents. */
export function credit(): Query<number> {
  return query(async (tables) => (await all(tables, 'credit', (body: { cents: number }) => body.cents)).reduce((sum, cents) => sum + cents, 0));
}

export function invoice(id: string): Query<InvoiceView | null> {
  return query(async (tables) => (await all(tables, 'invoice', asInvoice)).find((found) => found.id === id) ?? null);
}

function asInvoice(body: InvoiceBody, row: StoredRow): InvoiceView {
  return { ...body, id: idOf(row), paid: body.paid_cents >= body.total_cents };
}

/** Pinned ones first, then the latest. */
export function news(): Query<NewsView[]> {
  return query(async (tables) => {
    const latest = (await all(tables, 'news', (body: NewsBody, row) => ({ ...body, id: idOf(row) }))).reverse();
    return latest.sort((a, b) => Number(b.pinned) - Number(a.pinned));
  });
}

export function services(): Query<ServiceView[]> {
  return query(async (tables) => (await all(tables, 'service', (body: ServiceBody, row) => ({ ...body, code: idOf(row) }))).sort(byPosition));
}

/** Every price of the town, as the facts that the simulation evaluates. */
export function prices(): Query<PriceView[]> {
  return query(async (tables) => (await all(tables, 'price', (body: PriceBody, row) => ({ ...body, id: idOf(row) }))).sort(byPosition));
}

/** Holidays and days off that touch the dates given. */
export function calendar(from: string, to: string): Query<CalendarView[]> {
  return query(async (tables) => {
    const periods = await all(tables, 'calendar', (body: CalendarBody, row) => ({ ...body, id: idOf(row) }));
    return periods.filter((period) => period.from <= to && period.to >= from);
  });
}

export function devices(): Query<DeviceView[]> {
  return query(async (tables, base) => {
    const here = (await deviceState(tables, base.account)).device;
    const found = await all(tables, 'device', (body: DeviceBody, row) => ({ ...body, id: idOf(row), current: idOf(row) === here }));
    return found.sort((a, b) => b.seen_at.localeCompare(a.seen_at));
  });
}

export function notifications(): Query<NotificationsBody | null> {
  return query(async (tables) => (await all(tables, 'notifications', (body: NotificationsBody) => body))[0] ?? null);
}

/** Latest first; those dismissed on this device only with `all`. */
export function receipts(options: { all?: boolean } = {}): Query<ReceiptView[]> {
  return query(async (tables, base) => {
    const here = (await deviceState(tables, base.account)).device;
    const dismissed = await dismissedKeys(tables);
    const found = await all(tables, 'receipt', (body: ReceiptBody, row): ReceiptView =>
      ({ ...body, key: row.key, here: body.device === here, dismissed: dismissed.has(row.key) }));
    // That a message was read is no answer that anybody waits for.
    return found.filter((receipt) => receipt.kind !== 'thread.read@1' && (options.all || !receipt.dismissed)).reverse();
  });
}

export async function dismissedKeys(tables: Tables): Promise<Set<string>> {
  return new Set(((await tables.meta.get('dismissed'))?.v as string[] | undefined) ?? []);
}

/** What is still on this phone, in the order in which it will be sent, then what was set aside. */
export function queue(): Query<QueuedCommand[]> {
  return query(async (tables) => (await queuedCommands(tables)).filter((op) => op.kind !== 'thread.read@1'));
}
