/** « Tous les lundis et jeudis jusqu’à Noël, pour Léa et Noé »: the days it makes, each with what may be done. Pure. */
import type { PlanningView } from '../local/api';
import { daysBetween, weekdayOf } from './dates';
import { isHeld, linesOf, mayChange, periodOn, priceNow, stateOf, type Line, type Refusal, type State } from './rules';

export interface Choice { children: string[]; units: string[]; weekdays: number[]; from: string; to: string }

/** A kind of unit, whatever the school: what a parent calls « l’accueil du soir ». */
export interface Kind { key: string; label: string; position: number }

/** `book`: may be asked for; `wait`: full, the waiting list may be asked for. The rest says why not. */
export type Verdict = 'book' | 'wait' | 'already' | 'late' | 'clash' | 'shut';
export interface Entry { date: string; child: string; verdict: Verdict; line: Line | null; label: string; cents: number; because: string }

const kindOf = (line: Pick<Line, 'unit'>): string => `${line.unit.activity}|${line.unit.name}`;

/** The kinds of units that these children are enrolled in and may book. */
export function kindsFor(view: PlanningView, children: string[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const enrolment of view.enrolments) {
    const activity = view.activities.get(enrolment.activity);
    if (!children.includes(enrolment.child) || !activity?.bookable) continue;
    for (const id of Object.keys(enrolment.units)) {
      const unit = view.units.get(id);
      if (!unit) continue;
      const label = unit.name.includes(activity.name) || activity.name === unit.name ? unit.name : `${activity.name} : ${unit.name}`;
      kinds.set(kindOf({ unit }), { key: kindOf({ unit }), label, position: activity.position * 1000 + unit.position });
    }
  }
  return [...kinds.values()].sort((one, other) => one.position - other.position);
}

/** The weekdays on which some of these kinds open in the span read. */
export function weekdaysOpen(view: PlanningView, kinds: string[]): number[] {
  const open = new Set<number>();
  for (const slot of view.slots.values()) {
    const unit = view.units.get(slot.unit);
    if (unit && kinds.includes(kindOf({ unit }))) open.add(weekdayOf(slot.date));
  }
  return [...open].sort();
}

function verdictOf(line: Line, state: State, others: Line[], now: number): [Verdict, string] {
  if (['booked', 'waiting', 'requested', 'phone', 'sent', 'ask', 'other'].includes(state)) return ['already', state];
  if (!mayChange(line, state, now)) return ['late', ''];
  const clash = others.find((one) => line.unit.excludes.includes(one.unit.id) || one.unit.excludes.includes(line.unit.id));
  if (clash) return ['clash', clash.unit.name];
  return [line.slot?.level === 2 ? 'wait' : 'book', ''];
}

/** One child, one day: an entry per chosen kind that opens, a closure when a usual day has none. */
function entriesOf(view: PlanningView, choice: Choice, child: string, date: string, now: number): Entry[] {
  const all = linesOf(view, new Map<string, Refusal>(), child, date).filter((line) => !line.fixed);
  const taken = all.filter((line) => isHeld(line.booking));
  const entries: Entry[] = [];
  for (const line of all.filter((one) => choice.units.includes(kindOf(one)))) {
    const [verdict, because] = verdictOf(line, stateOf(line, now), taken.filter((one) => one !== line), now);
    entries.push({ date, child, verdict, line, label: line.unit.name, cents: isHeld(line.booking) ? (line.booking?.cents ?? 0) : priceNow(line, now), because });
    if (verdict === 'book' || verdict === 'wait') taken.push(line);
  }
  const period = periodOn(view.calendar, date);
  if (!entries.length && period) entries.push({ date, child, verdict: 'shut', line: null, label: '', cents: 0, because: period.name });
  return entries;
}

export function plan(view: PlanningView, choice: Choice, now: number): Entry[] {
  const days = daysBetween(choice.from, choice.to).filter((date) => choice.weekdays.includes(weekdayOf(date)));
  return days.flatMap((date) => {
    const entries = choice.children.flatMap((child) => entriesOf(view, choice, child, date, now));
    // A day closed for everyone is said once.
    return entries.length > 1 && entries.every((one) => one.verdict === 'shut') ? entries.slice(0, 1) : entries;
  });
}
