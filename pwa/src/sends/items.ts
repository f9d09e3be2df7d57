/** The words that name the lines of a command or of a receipt. Pure. */
import type { BookingView, UnitView } from '../local/api';
import { capital, day } from '../texts/fr';

export interface Names { children: Map<string, string>; units: Map<string, UnitView>; bookings: Map<string, BookingView> }
export interface Thing { rid?: string; child?: string; session?: string; date?: string; max_price_cents?: number }

/** « Léa · Accueil du soir · Jeudi 26 novembre »; empty when the line names nothing a parent knows. */
export function nameOf(thing: Thing, names: Names): string {
  if (!thing.session) return thing.date ? [capital(day(thing.date)), thing.child && names.children.get(thing.child)].filter(Boolean).join(' · ') : '';
  const at = thing.session.lastIndexOf(':');
  const unit = names.units.get(thing.session.slice(0, at));
  return [capital(day(thing.session.slice(at + 1))), thing.child && names.children.get(thing.child), unit?.name].filter(Boolean).join(' · ');
}

/** A place of this child in this slot, asked for or held, whichever command made it. */
export const heldBy = (thing: Thing, names: Names): BookingView | undefined =>
  [...names.bookings.values()].find((one) => one.child === thing.child && one.session === thing.session && !['expired', 'refused', 'cancelled'].includes(one.state));
