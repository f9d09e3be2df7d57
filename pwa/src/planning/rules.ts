/** What one line of the planning is: pure reading of the rows, the draft and the hour. Instants are milliseconds. */
import type { ActivityView, AttendanceBody, BookingView, CalendarView, ChildView, CustodyBody, PlanningView, ReceiptItem, ReceiptView, Slot, UnitPrice, UnitView } from '../local/api';

export interface Refusal { item: ReceiptItem; receipt: ReceiptView }

/** One unit, one child, one day: what may be booked, or is shown only (`fixed`). */
export interface Line {
  key: string; child: string; session: string; date: string;
  unit: UnitView; activity: ActivityView | undefined; slot: Slot | undefined;
  price: UnitPrice | undefined; booking: BookingView | undefined; refusal: Refusal | undefined; fixed: boolean;
  attendance?: AttendanceBody;
  /** The day is the other parent's. */
  theirs?: boolean;
}

/** `fixed`: shown, never booked here. `other`: booked by the other parent. `ask`: the town waits for an answer. */
export type State =
  | 'fixed' | 'free' | 'full' | 'closed' | 'refused'
  | 'phone' | 'sent' | 'booked' | 'waiting' | 'requested' | 'ask' | 'expired' | 'other' | 'leaving' | 'not_yet' | 'declined' | 'called_off' | 'theirs';

/** Whether a day is the other parent's, from the few numbers that the town sends. */
export function isTheirs(shared: CustodyBody | undefined, date: string): boolean {
  if (!shared || date < shared.from) return false;
  let left = Math.round((Date.parse(date) - Date.parse(shared.from)) / 86_400_000);
  const run = shared.runs.findIndex((count) => (left -= count) < 0);
  return run % 2 === 1;
}

export const lineKey = (child: string, session: string): string => `${child}|${session}`;

/** The latest refusal of each slot that has not been dismissed nor followed by something better. */
export function refusalsBySlot(receipts: ReceiptView[]): Map<string, Refusal> {
  const found = new Map<string, Refusal>();
  const seen = new Set<string>();
  for (const receipt of receipts) {
    for (const item of receipt.items) {
      if (!item.child || !item.session) continue;
      const key = lineKey(item.child, item.session);
      if (seen.has(key)) continue;
      seen.add(key);
      if (item.outcome === 'refused') found.set(key, { item, receipt });
    }
  }
  return found;
}

/** The lines of one child on one day, in the order of the day. */
export function linesOf(view: PlanningView, refusals: Map<string, Refusal>, child: string, date: string): Line[] {
  const lines = new Map<string, Line>();
  const theirs = isTheirs(view.custody?.get(child), date);
  const add = (unit: UnitView, price: UnitPrice | undefined): void => {
    const session = `${unit.id}:${date}`;
    const key = lineKey(child, session);
    const slot = view.slots.get(session);
    const activity = view.activities.get(unit.activity);
    // What stands now comes before what the town refused or called off.
    const all = view.bookings.filter((one) => one.child === child && one.session === session);
    const booking = all.find(isHeld) ?? all[0];
    const fixed = activity?.bookable === false;
    if (!slot && !booking) return;
    lines.set(key, { key, child, session, date, unit, activity, slot, price, booking, refusal: refusals.get(key), fixed, attendance: view.attendance?.get(key), theirs });
  };
  for (const enrolment of view.enrolments) {
    if (enrolment.child !== child || date < enrolment.since || date > enrolment.until) continue;
    for (const [id, price] of Object.entries(enrolment.units)) {
      const unit = view.units.get(id);
      if (unit) add(unit, price);
    }
  }
  for (const booking of view.bookings) {
    const unit = view.units.get(booking.unit);
    if (booking.child === child && booking.date === date && unit && !lines.has(lineKey(child, booking.session))) add(unit, undefined);
  }
  return [...lines.values()].sort((one, other) => one.unit.starts.localeCompare(other.unit.starts) || one.unit.position - other.unit.position);
}

export function stateOf(line: Line, now: number): State {
  const { booking, slot } = line;
  if (booking?.phone) {
    const leaving = booking.phone.kind === 'cancel' || booking.phone.kind === 'leave';
    if (leaving) return 'leaving';
    return booking.phone.phase === 'sending' ? 'sent' : 'phone';
  }
  if (booking && !booking.mine) return 'other';
  if (booking?.state === 'booked') return 'booked';
  if (booking?.state === 'waiting') return 'waiting';
  if (booking?.state === 'to_confirm') return 'ask';
  if (booking?.state === 'requested') return 'requested';
  if (booking?.state === 'refused') return 'declined';
  if (booking?.state === 'cancelled') return 'called_off';
  if (booking?.state === 'asked') return 'sent';
  if (line.fixed) return 'fixed';
  if (line.theirs) return 'theirs';
  if (slot && now < slot.opensAt) return 'not_yet';
  if (!slot || now > lastAdd(slot)) return booking?.state === 'expired' ? 'expired' : line.refusal ? 'refused' : 'closed';
  if (line.refusal && line.refusal.item.code !== 'FULL') return 'refused';
  return slot.level === 2 ? 'full' : 'free';
}

/** Until when this line may still change in the direction that makes sense for it; null: it may not. */
export function changeUntil(line: Line): number | null {
  if (!line.slot || line.fixed) return null;
  return isHeld(line.booking) ? Math.max(line.slot.removeUntil, line.slot.lateRemoveUntil) : lastAdd(line.slot);
}

/** Past the limit the town may still hear a request: at a surcharge, on the waiting list, or on the service's word. */
export const lastAdd = (slot: Slot): number => Math.max(slot.addUntil, slot.lateAddUntil);

/** Whether a booking stands in the way of another wish for the same place. */
export const isHeld = (booking: BookingView | undefined): boolean => booking !== undefined && !['expired', 'refused', 'cancelled'].includes(booking.state);

/** What a late request costs more, or a late cancelling still costs, in cents; null: it is not late. */
export function lateCents(line: Line, now: number): number | null {
  const { slot, unit, booking } = line;
  if (!slot) return null;
  const leaving = isHeld(booking);
  const terms = leaving ? unit.late_remove : unit.late_add;
  if (!terms || now <= (leaving ? slot.removeUntil : slot.addUntil)) return null;
  const cents = (leaving ? booking?.cents : line.price?.cents) ?? 0;
  return Math.floor((cents * terms.percent + 50) / 100) + terms.cents;
}

/** What a wish costs if it is asked for now. */
export const priceNow = (line: Line, now: number): number => (line.price?.cents ?? 0) + (isHeld(line.booking) ? 0 : (lateCents(line, now) ?? 0));

export function mayChange(line: Line, state: State, now: number): boolean {
  if (state === 'not_yet' || state === 'fixed' || state === 'other' || state === 'theirs' || state === 'leaving' || state === 'closed' || state === 'sent') return false;
  // What never left the phone may always be taken back; so may a waiting entry: no place is lost.
  if (state === 'phone' || state === 'waiting' || state === 'requested') return true;
  const until = changeUntil(line);
  return until !== null && now <= until;
}

/** The instants of a day: the next one at which something closes, or null when all is closed already. */
export function nextClosing(lines: Line[], now: number): number | null {
  const ahead = lines.map(changeUntil).filter((until): until is number => until !== null && until >= now);
  return ahead.length ? Math.min(...ahead) : null;
}

export const periodOn = (periods: CalendarView[], date: string): CalendarView | undefined =>
  periods.filter((one) => one.from <= date && date <= one.to).sort((one, other) => Number(one.kind === 'school_holiday') - Number(other.kind === 'school_holiday'))[0];

export const initial = (child: Pick<ChildView, 'first_name'>): string => child.first_name.charAt(0).toUpperCase();

/** A child who will not come today or tomorrow, when it is too late to cancel without cost: worth telling. */
export const mayAnnounce = (line: Line, today: string, tomorrow: string, now: number): boolean =>
  line.booking?.state === 'booked' && line.booking.mine && !line.booking.phone && (line.date === today || line.date === tomorrow)
  && now > (line.slot?.removeUntil ?? 0) && !line.attendance?.announced && !line.attendance?.state;
