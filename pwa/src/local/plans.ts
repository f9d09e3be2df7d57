// What the planning shows: children, what they are enrolled in, each day's openings and deadlines, and bookings folded with the outbox.
import type { Tables } from './base';
import { byPosition, idOf, once, rowsOf } from './lookups';
import { foldedBookings } from './queue';
import { type Query, query } from './query';
import { slotsOf } from './slots';
import type { ActivityBody, AttendanceBody, CalendarBody, ChildBody, CustodyBody, EnrolmentBody, PlaceBody, UnitBody } from './rows';
import type { ActivityView, BookingView, CalendarView, ChildView, EnrolmentView, PlaceView, PlanningView, UnitView } from './views';

/** Everything that a week or a month of planning shows, in one read. */
export function planning(from: string, to: string): Query<PlanningView> {
  return query(async (tables) => {
    // All questions at once: each answer waited for alone costs a turn of the browser's event loop.
    const [enrolled, children, activities, units, booked, periods, shared] = await Promise.all([
      enrolmentsOf(tables, from, to), childrenOf(tables), activitiesOf(tables), unitsOf(tables), foldedBookings(tables, from, to), periodsOf(tables, from, to),
      rowsOf(tables, 'custody'),
    ]);
    const wanted = new Set(enrolled.flatMap((enrolment) => Object.keys(enrolment.units)));
    return {
      children,
      enrolments: enrolled,
      activities: new Map(activities.map((activity) => [activity.code, activity])),
      units: new Map(units.map((unit) => [unit.id, unit])),
      slots: await slotsOf(tables, from, to, wanted),
      bookings: booked,
      attendance: await attendanceOf(tables, from, to),
      calendar: periods,
      custody: new Map(shared.map((row) => [idOf(row), row.body as CustodyBody])),
    };
  });
}

export function children(): Query<ChildView[]> {
  return query(childrenOf);
}

/** With what this phone still has to send: see `BookingView.phone`. */
export function bookings(from: string, to: string): Query<BookingView[]> {
  return query((tables) => foldedBookings(tables, from, to));
}

export function places(): Query<PlaceView[]> {
  return query(placesOf);
}

export function activities(): Query<ActivityView[]> {
  return query(activitiesOf);
}

export function units(): Query<UnitView[]> {
  return query(unitsOf);
}

export async function childrenOf(tables: Tables): Promise<ChildView[]> {
  const names = new Map((await placesOf(tables)).map((place) => [place.code, place.name]));
  const seen = new Map<string, ChildView>();
  for (const row of await rowsOf(tables, 'child')) {
    const body = row.body as ChildBody;
    const before = seen.get(idOf(row))?.families ?? [];
    seen.set(idOf(row), { ...body, id: idOf(row), schoolName: names.get(body.school) ?? '', families: [...before, row.scope.slice(2)] });
  }
  return [...seen.values()];
}

async function enrolmentsOf(tables: Tables, from: string, to: string): Promise<EnrolmentView[]> {
  const all = (await rowsOf(tables, 'enrol')).map((row) => ({ ...(row.body as EnrolmentBody), id: idOf(row) }));
  return all.filter((enrolment) => enrolment.since <= to && enrolment.until >= from);
}

async function placesOf(tables: Tables): Promise<PlaceView[]> {
  return once((await rowsOf(tables, 'place')).map((row) => ({ ...(row.body as PlaceBody), code: idOf(row) })), (place) => place.code);
}

async function activitiesOf(tables: Tables): Promise<ActivityView[]> {
  const all = (await rowsOf(tables, 'activity')).map((row) => ({ ...(row.body as ActivityBody), code: idOf(row) }));
  return once(all, (activity) => activity.code).sort(byPosition);
}

async function unitsOf(tables: Tables): Promise<UnitView[]> {
  const names = new Map((await placesOf(tables)).map((place) => [place.code, place.name]));
  const all = (await rowsOf(tables, 'unit')).map((row): UnitView => {
    const body = row.body as UnitBody;
    return { ...body, id: idOf(row), placeName: names.get(body.place) ?? '' };
  });
  return once(all, (unit) => unit.id).sort(byPosition);
}

async function attendanceOf(tables: Tables, from: string, to: string): Promise<Map<string, AttendanceBody>> {
  const all = (await rowsOf(tables, 'att')).map((row) => row.body as AttendanceBody);
  return new Map(all.filter((one) => one.date >= from && one.date <= to).map((one) => [`${one.child}|${one.session}`, one]));
}

async function periodsOf(tables: Tables, from: string, to: string): Promise<CalendarView[]> {
  const all = (await rowsOf(tables, 'calendar')).map((row) => ({ ...(row.body as CalendarBody), id: idOf(row) }));
  return once(all, (period) => period.id).filter((period) => period.from <= to && period.to >= from);
}
