// What the planning shows: children, what they are enrolled in, each day's openings and deadlines, and bookings folded with the outbox.
import type { Base } from './base';
import { withCurrent } from './current.svelte';
import { byPosition, idOf, once, rowsOf } from './lookups';
import { foldedBookings } from './queue';
import type { Query } from './reads';
import { slotsOf } from './slots';
import type { ActivityBody, CalendarBody, ChildBody, EnrolmentBody, PlaceBody, UnitBody } from './rows';
import type { ActivityView, BookingView, CalendarView, ChildView, EnrolmentView, PlaceView, PlanningView, UnitView } from './views';

/** Everything that a week or a month of planning shows, in one read. */
export function planning(from: string, to: string): Query<PlanningView> {
  return () =>
    withCurrent(async (base) => {
      const enrolled = await enrolmentsOf(base, from, to);
      const wanted = new Set(enrolled.flatMap((enrolment) => Object.keys(enrolment.units)));
      return {
        children: await childrenOf(base),
        enrolments: enrolled,
        activities: new Map((await activitiesOf(base)).map((activity) => [activity.code, activity])),
        units: new Map((await unitsOf(base)).map((unit) => [unit.id, unit])),
        slots: await slotsOf(base, from, to, wanted),
        bookings: await foldedBookings(base, from, to),
        calendar: await periodsOf(base, from, to),
      };
    });
}

export function children(): Query<ChildView[]> {
  return () => withCurrent(childrenOf);
}

/** With what this phone still has to send: see `BookingView.phone`. */
export function bookings(from: string, to: string): Query<BookingView[]> {
  return () => withCurrent((base) => foldedBookings(base, from, to));
}

export function places(): Query<PlaceView[]> {
  return () => withCurrent(placesOf);
}

export function activities(): Query<ActivityView[]> {
  return () => withCurrent(activitiesOf);
}

export function units(): Query<UnitView[]> {
  return () => withCurrent(unitsOf);
}

export async function childrenOf(base: Base): Promise<ChildView[]> {
  const names = new Map((await placesOf(base)).map((place) => [place.code, place.name]));
  const seen = new Map<string, ChildView>();
  for (const row of await rowsOf(base, 'child')) {
    const body = row.body as ChildBody;
    const before = seen.get(idOf(row))?.families ?? [];
    seen.set(idOf(row), { ...body, id: idOf(row), schoolName: names.get(body.school) ?? '', families: [...before, row.scope.slice(2)] });
  }
  return [...seen.values()];
}

async function enrolmentsOf(base: Base, from: string, to: string): Promise<EnrolmentView[]> {
  const all = (await rowsOf(base, 'enrol')).map((row) => ({ ...(row.body as EnrolmentBody), id: idOf(row) }));
  return all.filter((enrolment) => enrolment.since <= to && enrolment.until >= from);
}

async function placesOf(base: Base): Promise<PlaceView[]> {
  return once((await rowsOf(base, 'place')).map((row) => ({ ...(row.body as PlaceBody), code: idOf(row) })), (place) => place.code);
}

async function activitiesOf(base: Base): Promise<ActivityView[]> {
  const all = (await rowsOf(base, 'activity')).map((row) => ({ ...(row.body as ActivityBody), code: idOf(row) }));
  return once(all, (activity) => activity.code).sort(byPosition);
}

async function unitsOf(base: Base): Promise<UnitView[]> {
  const names = new Map((await placesOf(base)).map((place) => [place.code, place.name]));
  const all = (await rowsOf(base, 'unit')).map((row): UnitView => {
    const body = row.body as UnitBody;
    return { ...body, id: idOf(row), placeName: names.get(body.place) ?? '' };
  });
  return once(all, (unit) => unit.id).sort(byPosition);
}

async function periodsOf(base: Base, from: string, to: string): Promise<CalendarView[]> {
  const all = (await rowsOf(base, 'calendar')).map((row) => ({ ...(row.body as CalendarBody), id: idOf(row) }));
  return once(all, (period) => period.id).filter((period) => period.from <= to && period.to >= from);
}
