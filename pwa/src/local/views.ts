// What the pages see: rows folded with what is still on this phone. Instants here are milliseconds since 1970.
import type {
  AccountBody, ActivityBody, AttendanceBody, BookingBody, CalendarBody, ChildBody, CommandKind, CustodyBody, DeviceBody, EnrolmentBody, FamilyBody,
  InvoiceBody, Level, NewsBody, PlaceBody, PriceBody, ReceiptBody, ServiceBody, SwapBody, UnitBody,
} from './rows';

/** What this phone has asked about a booking and the town has not answered yet; null when nothing is pending. */
export interface PhoneMark {
  /** The command, for `withdrawQueued`. */
  id: string;
  n: number;
  kind: 'book' | 'cancel' | 'confirm' | 'join' | 'leave';
  /** Not yet sent, on its way (or sent without an answer yet), or held back until the parent agrees. */
  phase: 'queued' | 'sending' | 'parked';
  /** Last instant at which it can arrive; null when unknown. */
  sendBefore: number | null;
  /** The price the parent agreed to, in cents. */
  limitCents: number | null;
}
/** `state: 'asked'`: only asked for, the town has said nothing about it yet. */
export type BookingView = Omit<BookingBody, 'state'> & { rid: string; state: BookingBody['state'] | 'asked'; phone: PhoneMark | null };

export type AccountView = AccountBody & { id: string };
export type FamilyView = FamilyBody & { id: string };
export type ChildView = ChildBody & { id: string; schoolName: string; families: string[] };
export type EnrolmentView = EnrolmentBody & { id: string };
export type ServiceView = ServiceBody & { code: string };
export type PlaceView = PlaceBody & { code: string };
export type ActivityView = ActivityBody & { code: string };
export type UnitView = UnitBody & { id: string; placeName: string };
export type PriceView = PriceBody & { id: string };
export type CalendarView = CalendarBody & { id: string };
export type InvoiceView = InvoiceBody & { id: string; paid: boolean };
export type NewsView = NewsBody & { id: string };
export type DeviceView = DeviceBody & { id: string; current: boolean };
export type ReceiptView = ReceiptBody & { key: string; /** made on this device */ here: boolean; dismissed: boolean };

/** One unit on one day. Compare `addUntil`/`removeUntil` with `clock()`. */
export interface Slot {
  session: string; unit: string; date: string; addUntil: number; removeUntil: number; level: Level;
  /** From when this family may book; 0: already. Until when a late request is still heard; 0: it is not. */
  opensAt: number; lateAddUntil: number; lateRemoveUntil: number;
}

/** Everything a week or a month of planning shows, read in one go. */
export interface PlanningView {
  children: ChildView[];
  enrolments: EnrolmentView[];
  activities: Map<string, ActivityView>;
  units: Map<string, UnitView>;
  /** By session (`<unit>:<date>`), only units that some child is enrolled in. */
  slots: Map<string, Slot>;
  bookings: BookingView[];
  /** By `<child>|<session>`: absences announced, children ticked. */
  attendance?: Map<string, AttendanceBody>;
  calendar: CalendarView[];
  /** By child: whose day it is, for children who live with each parent in turns. */
  custody?: Map<string, CustodyBody>;
}

/** `phone`: what this phone still has to send about it. */
export type SwapView = SwapBody & { rid: string; phone: 'ask' | 'withdraw' | 'yes' | 'no' | null };

export interface QueuedCommand {
  id: string; /** 0 while set aside */ n: number; kind: CommandKind; args: Record<string, unknown>; madeAt: number;
  phase: PhoneMark['phase']; sendBefore: number | null;
  /** Why it waits for the parent; only when parked. `old`: asked more than 30 days ago. */
  reason: 'old' | 'other_account' | null;
}

/** What the head of every page says. `count`: commands still on this phone. */
export type ExchangeState =
  | { kind: 'starting'; count: number }
  | { kind: 'receiving'; count: number; rows: number }
  | { kind: 'up_to_date'; count: 0; since: number }
  | { kind: 'sending'; count: number }
  | { kind: 'offline'; count: number; since: number | null }
  | { kind: 'needs_sign_in'; count: number }
  | { kind: 'trouble'; count: number; code: string }
  | { kind: 'upgrade'; count: number };
// `trouble` codes: `busy` (the town answers that it is overloaded or at fault; retried), `stuck` (no progress for ten minutes), or a server code.

/** Where the data lives: kept by the browser for good, kept until the browser needs room, or in this tab only. */
export type Keeping = 'persisted' | 'best_effort' | 'memory';

export interface BookItem { child: string; session: string; maxPriceCents?: number }
/** What an act returns once it is safely on the phone: the commands it made (none when it only took queued ones back), the bookings it names. */
export interface Kept { ids: string[]; rids: string[] }
