// The only door of the pages to the data: reads, acts, the session. Pages import nothing else of local/, syncing/ or accounts/.
export type * from './rows';
export type * from './views';
import type {
  AccountView, BookingView, BookItem, CalendarView, ChildView, DeviceView, EnrolmentView, ExchangeState, FamilyView, InvoiceView,
  Keeping, Kept, NewsView, PlaceView, PlanningView, QueuedCommand, ReceiptView, ServiceView, ActivityView, UnitView,
} from './views';

/** A question to the phone's copy; run it with `live`, or await it once: `await bookings(from, to)()`. */
export type Query<T> = () => Promise<T>;

/** Svelte state over a query. Call it while a component starts. Runes read inside `ask` re-run it:
 *  `const week = live(() => planning(from, to), null)` then `week.value`, `week.ready`. */
export declare function live<T, I = T>(ask: () => Query<T>, initial: I): { readonly value: T | I; readonly ready: boolean };

// Reads. Dates are YYYY-MM-DD, bounds included.
export declare function account(): Query<AccountView | null>;
export declare function families(): Query<FamilyView[]>;
export declare function children(): Query<ChildView[]>;
export declare function enrolments(): Query<EnrolmentView[]>;
export declare function planning(from: string, to: string): Query<PlanningView>;
export declare function bookings(from: string, to: string): Query<BookingView[]>;
export declare function invoices(): Query<InvoiceView[]>;
export declare function invoice(id: string): Query<InvoiceView | null>;
export declare function news(): Query<NewsView[]>;
export declare function services(): Query<ServiceView[]>;
export declare function places(): Query<PlaceView[]>;
export declare function activities(): Query<ActivityView[]>;
export declare function units(): Query<UnitView[]>;
export declare function calendar(from: string, to: string): Query<CalendarView[]>;
/** Latest first; those dismissed on this device only with `all`. */
export declare function receipts(options?: { all?: boolean }): Query<ReceiptView[]>;
/** What is still on this phone, parked ones included, in the order it will be sent. */
export declare function queue(): Query<QueuedCommand[]>;
export declare function devices(): Query<DeviceView[]>;

// Acts. Each resolves once the command is safely written on the phone: only then say « Enregistré sur ce téléphone ».
export declare function book(items: BookItem[], options?: { mode?: 'each' | 'all'; ifFull?: 'waitlist' | 'ask' }): Promise<Kept>;
export declare function cancel(rids: string[]): Promise<Kept>;
export declare function confirm(rid: string, maxCents: number): Promise<Kept>;
export declare function joinWaitingList(items: BookItem[]): Promise<Kept>;
export declare function leaveWaitingList(rids: string[]): Promise<Kept>;
export declare function renameDevice(device: string, label: string): Promise<Kept>;
export declare function revokeDevice(device: string): Promise<Kept>;
/** Undo before sending: the whole command, or only the given bookings of it. False: too late, it is on its way (then `cancel`). */
export declare function withdrawQueued(id: string, rids?: string[]): Promise<boolean>;
/** Sends a parked command after all, at the end of the queue. */
export declare function resendParked(id: string): Promise<void>;
export declare function dismissReceipt(key: string): Promise<void>;
/** Exchanges with the town now; resolves when that attempt is over. */
export declare function syncNow(): Promise<void>;

// Runes: read them in markup or in $derived.
/** `exchange.state` for the head of the page; `exchange.skew`: ms by which this phone's clock is wrong when over 2 minutes, else 0. */
export declare const exchange: { readonly state: ExchangeState; readonly skew: number };
/** `storage.keeping`; `storage.full`: the disk is full and old pages were let go. */
export declare const storage: { readonly keeping: Keeping; readonly full: boolean };
/** `update.ready`: a new version waits; `applyUpdate()` after the parent's tap. */
export declare const update: { readonly ready: boolean };
export declare function applyUpdate(): Promise<void>;
/** The town's time in ms: its last word plus the time passed since, whatever this phone's clock says. */
export declare function clock(): number;

// Session.
/** Who is signed in on this device. `loading` until known; `null`: nobody. */
export interface SessionState { readonly status: 'loading' | 'signed_out' | 'signed_in'; readonly account: { id: string; username: string; shared: boolean } | null; readonly ended: 'revoked' | 'elsewhere' | null }
export declare const session: SessionState;
/** Call once, before the first page. Offline it answers from the phone. */
export declare function currentAccount(): Promise<SessionState['account']>;
/** Refusals are values: `code` is the server's (`wrong_credentials`, `too_many_attempts`, …) or `offline`. */
export type SignInResult = { ok: true } | { ok: false; code: string; message: string; facts: Record<string, unknown> };
export declare function signIn(username: string, password: string, options?: { shared?: boolean }): Promise<SignInResult>;
/** `send: true`: tries to send first; if something stays, nothing is wiped and it is returned. `send: false`: abandons it. */
export declare function signOut(options: { send: boolean }): Promise<{ done: true } | { done: false; left: QueuedCommand[] }>;
