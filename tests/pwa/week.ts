// A small planning for the rules of the screens: Léa and Noé at Pasteur, a few days, written as the phone's copy gives them.
import type { ActivityView, BookingView, CalendarView, ChildView, EnrolmentView, PlanningView, Slot, UnitView } from '../../pwa/src/local/views';

/** Milliseconds of an instant in the town's winter time: `at('2026-11-26T12:00')`. */
export const at = (local: string): number => Date.parse(`${local}:00+01:00`);
export const NOW = at('2026-11-23T08:00');

const child = (id: string, first_name: string, grade: string): ChildView => ({ id, first_name, last_name: 'Benali', grade, school: 'pasteur', schoolName: 'Pasteur', shared: false, families: ['fam'] });
const activity = (code: string, name: string, bookable: boolean, position: number): ActivityView => ({ code, name, service: 'enfance-education', category: 'care', bookable, text: '', position });

function unit(id: string, name: string, starts: string, ends: string, excludes: string[] = []): UnitView {
  return { id, activity: id, place: 'pasteur', name, starts, ends, rule: 'Jusqu’à deux jours ouvrés avant, à 12 h.', excludes, position: 0, placeName: 'Pasteur' } as UnitView;
}

const UNITS = [
  unit('matin', 'Accueil du matin', '07:00', '08:20'), unit('repas', 'Restauration scolaire', '11:30', '13:30'),
  unit('soir', 'Accueil du soir', '16:30', '19:00', ['etude']), unit('etude', 'Étude surveillée', '16:30', '18:00', ['soir']),
];

const enrolment = (who: string, code: string, cents: number): EnrolmentView => ({
  id: `${who}-${code}`, child: who, activity: code, since: '2026-09-01', until: '2027-08-31',
  units: { [code]: { cents, v: 1, why: { kind: 'bracket', bracket: 'C', quotient: 642, decision: '' } } },
}) as EnrolmentView;

export interface Day { units?: string[]; until?: string; level?: Slot['level'] }

/** Days by date; each opens the named units, all until the given instant. */
export function planningOf(days: Record<string, Day>, bookings: BookingView[] = [], calendar: CalendarView[] = []): PlanningView {
  const slots = new Map<string, Slot>();
  for (const [date, { units = ['matin', 'repas', 'soir', 'etude'], until = `${date}T06:00`, level = 0 }] of Object.entries(days)) {
    for (const id of units) {
      const session = `${id}:${date}`;
      slots.set(session, { session, unit: id, date, addUntil: at(until), removeUntil: at(until), level, opensAt: 0, lateAddUntil: 0, lateRemoveUntil: 0 } as Slot);
    }
  }
  return {
    children: [child('lea', 'Léa', 'CE1'), child('noe', 'Noé', 'PS')],
    enrolments: [...['matin', 'repas', 'soir', 'etude'].map((code) => enrolment('lea', code, 200)), ...['matin', 'repas', 'soir'].map((code) => enrolment('noe', code, 150))],
    activities: new Map([activity('matin', 'Accueil du matin', true, 1), activity('repas', 'Restauration scolaire', false, 2), activity('soir', 'Accueil du soir', true, 3), activity('etude', 'Étude surveillée', true, 4)].map((one) => [one.code, one])),
    units: new Map(UNITS.map((one) => [one.id, one])), slots, bookings, calendar,
  };
}

export function booked(who: string, session: string, more: Partial<BookingView> = {}): BookingView {
  const [unitId = '', date = ''] = session.split(':');
  return { rid: `r_${who}_${session}`, child: who, session, unit: unitId, date, state: 'booked', mine: true, cents: 200, decided_at: '2026-11-01T10:00:00+01:00', phone: null, ...more };
}
