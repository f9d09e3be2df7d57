// The bodies of the rows that the town sends: sync/README.md, "Scopes and rows". Instants are ISO 8601, dates YYYY-MM-DD, money whole cents.
import type { Facts } from '../simulation/evaluate';

export interface AccountBody { username: string; name: string; email: string | null; role: 'parent' | 'agent' }
export interface DeviceBody {
  label: string; platform: string; app: string; created_at: string; seen_at: string; revoked_at: string | null;
}
export interface FamilyBody {
  number: string; label: string; resident: boolean;
  quotient: { value: number; source: string; read_on: string } | null;
  adults: { name: string }[];
  address: string | null; phone_home: string | null; phone_mobile: string | null; phone_work: string | null;
  caf_number: string | null; email_invoices: boolean | null;
  /** How often each field was changed; absent: never. An edit names the version it was made on. */
  versions: Record<string, number>;
}
export interface ContactBody { kind: 'collector' | 'emergency'; name: string; relation: string | null; phone: string; v: number }
export interface ProofBody { kind: ProofKind; child: string | null; label: string | null; valid_until: string }
export type ProofKind = 'insurance' | 'address' | 'vaccination';
/** What a court's decision keeps this account from, for a child that it still sees. */
export interface LimitBody { child: string; first_name: string; limits: ('book' | 'collect')[]; decision: string; since: string; until: string | null }
/** What the town checks before it holds: one field, old and new. */
export interface ChangeBody {
  field: 'address' | 'caf_number' | 'collector' | 'proof'; target: string | null; old: unknown; new: unknown;
  state: 'pending' | 'refused'; reason: string | null; asked_at: string; decided_at: string | null;
}
export interface QuotientReading {
  value: number; source: string; channel: string; month: string | null; read_on: string; until: string; ended_on: string | null; ended_why: string | null;
}
export interface QuotientBody {
  consent: boolean; until: string | null; month: string | null; channel: string | null;
  waiting: { state: 'asked' | 'retrying' | 'not_found' | 'failed'; asked_at: string } | null; history: QuotientReading[];
}
export interface ConsentBody {
  title: string; text: string; version: string; given: boolean | null; asked_again: boolean; at: string | null; channel: string | null;
}
export interface ChildBody { first_name: string; last_name: string; grade: string; school: string; shared: boolean; diet: string | null; v: number }
/** Why a price is what it is: kind of amount, bracket, rate or limit, the quotient used, the child's rank, what was added or taken off, the council's decision. */
export interface PriceReason {
  kind: string; bracket?: string | number | null; quotient?: number | null; rate?: string; limit?: 'floor' | 'ceiling';
  rank?: number; grid?: string; outside?: boolean; per?: 'month' | 'period' | 'year';
  /** The dearest that it may come to: the day's siblings and the number of days decide. */
  at_most?: boolean;
  steps?: { label: string; percent?: number; cents?: number; minutes?: number; of?: number; share?: number }[];
  decision: string;
}
export interface UnitPrice { cents: number; v: number; why: PriceReason }
export interface EnrolmentBody {
  child: string; activity: string; since: string; until: string; units: Record<string, UnitPrice>;
}
export type BookingState = 'booked' | 'waiting' | 'to_confirm' | 'requested' | 'refused' | 'cancelled' | 'expired';
export interface BookingBody {
  child: string; session: string; unit: string; date: string; state: BookingState;
  /** False in the other parent's file: no money, no receipt, no act. */
  mine: boolean;
  cents?: number; max_cents?: number; rank?: number; together?: boolean; until?: string; reason?: string; note?: string;
  decided_at: string; receipt?: { device: string; n: number };
}
/** What the family asked to be enrolled in. `direct`: nobody decides, who comes first is in. */
export interface RequestBody {
  child: string; round: string; activity: string; service: string; title: string; group: string; direct: boolean; since: string; until: string;
  state: 'received' | 'missing' | 'waiting' | 'accepted' | 'refused' | 'ended'; asked_at: string; decided_at?: string; rank?: number; reason?: string;
  papers: { code: string; label: string; needed: boolean; state: 'absent' | 'here' | 'known' | 'good' | 'refused'; why?: string }[];
}
/** From that day on: how many days in a row are ours, then the other parent's, and so on. `words`: the plan, read back. */
export interface CustodyBody { from: string; runs: number[]; words: string }
/** A day asked of the other parent, or by them (`mine` false). */
export interface SwapBody { child: string; date: string; mine: boolean; state: 'asked' | 'agreed' | 'declined' | 'withdrawn'; note?: string; asked_at: string; decided_at?: string }
export type AbsenceReason = 'illness' | 'family' | 'school_trip' | 'strike' | 'other';
/** What is known of one child in one opening: announced by a parent, ticked by an agent. */
export interface AttendanceBody {
  child: string; session: string; date: string; state: 'present' | 'excused' | 'unexcused' | null;
  ticked_at?: string; announced?: string; announced_at?: string; files?: FileBody[];
}
export interface InvoiceLine { child: string | null; label: string; quantity: number; unit_cents: number; amount_cents: number; days?: string[]; why?: PriceReason }
export interface InvoiceBody {
  number: string; period: string; issued_on: string; due_on: string;
  total_cents: number; paid_cents: number; paid_on: string | null; lines: InvoiceLine[];
  kind?: 'invoice' | 'credit'; corrects?: string; corrects_number?: string | null; reason?: string | null; reminded_on?: string;
  payments?: { id: string; cents: number; mode: string; on: string; reference: string | null }[];
  /** A card payment that waits for the bank. */
  live?: { payment: string; cents: number };
  /** A direct debit that the bank will carry out on a day. */
  debit?: { cents: number; on: string };
}
/** What a person is told, by which channel, and what reaches which device. */
export interface NotificationsBody {
  topics: Record<string, ('push' | 'mail')[]>; quiet: [string, string] | null; detailed: boolean;
  devices: Record<string, { last_ok_at: string | null; error: string | null }>;
}
export interface ThreadBody {
  service: string; number: string; subject: string; about: string | null; closed: boolean; needs_answer: boolean;
  unread: number; read_by_town: boolean; created_at: string; updated_at: string; last: { side: 'family' | 'town'; excerpt: string } | null;
}
export interface MessageBody { thread: string; side: 'family' | 'town'; author: string; body: string; at: string; files?: FileBody[] }
/** A file that the town holds; `picture`: width and height, there is a preview. */
export interface FileBody { id: string; name: string; mime: string; size: number; picture?: [number, number] }
export interface ServiceBody { name: string; address: string | null; phones: [string, string][]; hours: string | null; position: number }
export interface PlaceBody { name: string; kind: string; address: string | null }
export interface ActivityBody { name: string; service: string; category: string; bookable: boolean; text: string; position: number }
/** What a request past the limit gets: see sync/README.md. Of a cancelling, percent and cents are what remains due. */
export interface LateTerms { then: 'accept' | 'ask' | 'waiting'; percent: number; cents: number }
export interface UnitBody {
  activity: string; place: string; name: string; starts: string; ends: string; rule: string; excludes: string[]; requires?: string[]; position: number;
  late_add?: LateTerms; late_remove?: LateTerms; decided?: boolean;
}
/** A price as facts from which the phone works it out for any family: `Facts` of simulation/evaluate.ts, and how often it opens. */
export interface PriceBody extends Facts {
  activity: string; activity_name: string; category: string; name: string; units: string[]; days: number[]; holidays: boolean;
  position: number; tariff: string; version: number; since: string; until: string | null; decision: string;
}
export interface CalendarBody { kind: string; name: string; from: string; to: string }
/** 0 many places, 1 few, 2 full. */
export type Level = 0 | 1 | 2;
/** One unit, one month; day of the month → [add until, remove until, level]; seconds since 1970. */
export interface OpeningsBody { unit: string; month: string; days: Record<string, [number, number, Level, MoreLimits?]> }
export interface MoreLimits { opens?: number; outside?: number; late_add?: number; late_remove?: number }
/** A document of the public library, in its newest version. */
export interface DocumentBody { heading: string; title: string; summary: string; name: string; mime: string; size: number; version: number; at: string }
/** `html`: made safe by the town. `audience`: whom it is for, absent: everybody. */
export interface NewsBody { title: string; summary: string; html: string; at: string; pinned: boolean; corrected_at?: string; until?: string; audience?: string[] }

export type Outcome = 'accepted' | 'waitlisted' | 'requested' | 'late_request' | 'needs_confirmation' | 'refused' | 'void' | 'failed_internal';
export interface ReceiptItem {
  rid?: string; outcome: Outcome; code?: string; child?: string; session?: string; date?: string; cents?: number; rank?: number;
  until?: string; deadline?: string; opens?: string; limit_cents?: number; field?: string; value?: string; next?: { kind: CommandKind; args: Record<string, unknown> };
}
export interface ReceiptBody {
  device: string; n: number; kind: CommandKind; outcome: Outcome | 'mixed'; code?: string; items: ReceiptItem[];
  made_at: string; received_at: string; number: string; scope: string;
}

export type CommandKind =
  | 'reservation.book@1' | 'reservation.cancel@1' | 'reservation.confirm@1'
  | 'waitlist.join@1' | 'waitlist.leave@1' | 'absence.declare@1' | 'custody.ask@1' | 'custody.answer@1' | 'custody.withdraw@1' | 'device.rename@1' | 'device.revoke@1'
  | 'dossier.edit@1' | 'contact.put@1' | 'contact.remove@1' | 'proof.declare@1' | 'consent.answer@1'
  | 'enrolment.ask@1' | 'enrolment.paper@1' | 'enrolment.withdraw@1'
  | 'message.send@1' | 'thread.read@1' | 'thread.close@1';
