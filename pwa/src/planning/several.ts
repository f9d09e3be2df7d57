/** « Tous les lundis et jeudis jusqu’à Noël, pour Léa et Noé »: the days it makes, each with what may be done. Pure. */
import type { PlanningView } from '../local/api';
import { addDays, daysBetween, mondayOf, weekdayOf, weekNumber } from './dates';
import { isHeld, lateCents, linesOf, mayChange, periodOn, priceNow, stateOf, type Line, type Refusal, type State } from './rules';

/** Which weeks: every one, one in two from the first, or those of even or odd number. */
export type Weeks = 'all' | 'alternate' | 'even' | 'odd';
export interface Choice { children: string[]; units: string[]; weekdays: number[]; from: string; to: string; weeks?: Weeks; act?: 'add' | 'remove' }

/** A kind of unit, whatever the school: what a parent calls « l’accueil du soir ». */
export interface Kind { key: string; label: string; position: number }

/** `book`: may be asked for; `wait`: full, the waiting list may be asked for; `drop`: may be given up. The rest says why not. */
export type Verdict = 'book' | 'wait' | 'drop' | 'already' | 'late' | 'clash' | 'needs' | 'theirs' | 'shut';
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

/** Whether a day lies in one of the chosen weeks. « Une sur deux » counts from the week of `from`, so that a week 53 breaks nothing. */
export function inWeeks(weeks: Weeks | undefined, from: string, date: string): boolean {
  if (weeks === 'even' || weeks === 'odd') return (weekNumber(date) % 2 === 0) === (weeks === 'even');
  if (weeks !== 'alternate') return true;
  return Math.round((Date.parse(mondayOf(date)) - Date.parse(mondayOf(from))) / 604_800_000) % 2 === 0;
}

function verdictOf(line: Line, state: State, others: Line[], now: number): [Verdict, string] {
  if (['booked', 'waiting', 'requested', 'phone', 'sent', 'ask', 'other'].includes(state)) return ['already', state];
  if (state === 'theirs') return ['theirs', ''];
  if (!mayChange(line, state, now)) return ['late', ''];
  const clash = others.find((one) => line.unit.excludes.includes(one.unit.id) || one.unit.excludes.includes(line.unit.id));
  if (clash) return ['clash', clash.unit.name];
  if (line.unit.requires?.length && !others.some((one) => line.unit.requires?.includes(one.unit.id))) return ['needs', ''];
  return [line.slot?.level === 2 ? 'wait' : 'book', ''];
}

/** One child, one day: an entry per chosen kind that opens, a closure when a usual day has none. */
export function entriesOf(view: PlanningView, units: string[], child: string, date: string, now: number): Entry[] {
  const all = linesOf(view, new Map<string, Refusal>(), child, date).filter((line) => !line.fixed);
  const taken = all.filter((line) => isHeld(line.booking));
  const entries: Entry[] = [];
  // What goes with another unit is judged when the others are known.
  const chosen = all.filter((one) => units.includes(kindOf(one))).sort((one, other) => Number(!!one.unit.requires?.length) - Number(!!other.unit.requires?.length));
  for (const line of chosen) {
    const [verdict, because] = verdictOf(line, stateOf(line, now), taken.filter((one) => one !== line), now);
    entries.push({ date, child, verdict, line, label: line.unit.name, cents: isHeld(line.booking) ? (line.booking?.cents ?? 0) : priceNow(line, now), because });
    if (verdict === 'book' || verdict === 'wait') taken.push(line);
  }
  const period = periodOn(view.calendar, date);
  if (!entries.length && period) entries.push({ date, child, verdict: 'shut', line: null, label: '', cents: 0, because: period.name });
  return entries;
}

/** What one child holds of the chosen kinds on a day, and whether it may still be given up. `cents`: what remains due. */
function removalsOf(view: PlanningView, units: string[], child: string, date: string, now: number): Entry[] {
  return linesOf(view, new Map<string, Refusal>(), child, date)
    .filter((line) => units.includes(kindOf(line)) && isHeld(line.booking) && line.booking?.mine && line.booking.phone?.kind !== 'cancel')
    .map((line): Entry => {
      const may = mayChange(line, stateOf(line, now), now);
      return { date, child, verdict: may ? 'drop' : 'late', line, label: line.unit.name, cents: may ? (lateCents(line, now) ?? 0) : (line.booking?.cents ?? 0), because: 'remove' };
    });
}

export function plan(view: PlanningView, choice: Choice, now: number): Entry[] {
  const days = daysBetween(choice.from, choice.to).filter((date) => choice.weekdays.includes(weekdayOf(date)) && inWeeks(choice.weeks, choice.from, date));
  const of = choice.act === 'remove' ? removalsOf : entriesOf;
  return days.flatMap((date) => saidOnce(choice.children.flatMap((child) => of(view, choice.units, child, date, now))));
}

/** A day closed for everyone is said once. */
const saidOnce = (entries: Entry[]): Entry[] => (entries.length > 1 && entries.every((one) => one.verdict === 'shut') ? entries.slice(0, 1) : entries);

/** What a week holds: « <weekday>|<child> » → the kinds booked or asked for. */
export function weekPattern(view: PlanningView, children: string[], monday: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const date of daysBetween(monday, addDays(monday, 6))) {
    for (const child of children) {
      const held = linesOf(view, new Map<string, Refusal>(), child, date).filter((line) => !line.fixed && isHeld(line.booking) && line.booking?.mine);
      if (held.length) found.set(`${weekdayOf(date)}|${child}`, held.map(kindOf));
    }
  }
  return found;
}

/** The same days in the weeks after: every week or one in two, counted from the week that is copied. */
export function planCopy(view: PlanningView, pattern: Map<string, string[]>, children: string[], monday: string, from: string, to: string, weeks: 'all' | 'alternate', now: number): Entry[] {
  return daysBetween(from, to).filter((date) => date >= addDays(monday, 7) && inWeeks(weeks, monday, date)).flatMap((date) =>
    saidOnce(children.flatMap((child) => {
      const units = pattern.get(`${weekdayOf(date)}|${child}`);
      return units ? entriesOf(view, units, child, date, now) : [];
    })));
}
