// Openings with their deadlines: facts that the town computed, one row per unit and month.
import type { Tables } from './base';
import { monthsBetween, splitSession } from './dates';
import { rowsOf } from './lookups';
import type { FamilyBody, OpeningsBody } from './rows';
import type { Slot } from './views';

/** Openings of the wanted units, by session, in the order of their dates. */
export async function slotsOf(tables: Tables, from: string, to: string, wanted: Set<string>): Promise<Map<string, Slot>> {
  const months = monthsBetween(from, to);
  const slots: Slot[] = [];
  const outside = await livesOutside(tables);
  for (const row of await rowsOf(tables, 'open', months[0], months.at(-1))) {
    const body = row.body as OpeningsBody;
    if (!wanted.has(body.unit)) continue;
    for (const [day, facts] of Object.entries(body.days)) {
      const slot = asSlot(body.unit, `${body.month}-${day.padStart(2, '0')}`, facts, outside);
      if (slot.date >= from && slot.date <= to) slots.push(slot);
    }
  }
  slots.sort((a, b) => a.date.localeCompare(b.date));
  return new Map(slots.map((slot) => [slot.session, slot]));
}

/** Families from outside the town may have a later opening. */
async function livesOutside(tables: Tables): Promise<boolean> {
  return (await rowsOf(tables, 'family')).some((row) => !(row.body as FamilyBody).resident);
}

function asSlot(unit: string, date: string, [addUntil, removeUntil, level, more = {}]: OpeningsBody['days'][string], outside: boolean): Slot {
  const opens = (outside ? more.outside : undefined) ?? more.opens ?? 0;
  return {
    session: `${unit}:${date}`, unit, date, addUntil: addUntil * 1000, removeUntil: removeUntil * 1000, level,
    opensAt: opens * 1000, lateAddUntil: (more.late_add ?? 0) * 1000, lateRemoveUntil: (more.late_remove ?? 0) * 1000,
  };
}

/** One slot by its session, for deadlines; null when the town does not offer it. */
export async function slotOf(tables: Tables, session: string): Promise<Slot | null> {
  const { unit, date } = splitSession(session);
  for (const row of await rowsOf(tables, 'open', date.slice(0, 7), date.slice(0, 7))) {
    const body = row.body as OpeningsBody;
    const facts = body.unit === unit ? (body.days[date.slice(8)] ?? body.days[String(Number(date.slice(8)))]) : undefined;
    if (facts) return asSlot(unit, date, facts, await livesOutside(tables));
  }
  return null;
}
