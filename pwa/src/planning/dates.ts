/** Arithmetic on calendar dates written `YYYY-MM-DD`. A date has no hour and no zone: everything is computed in UTC. */

const DAY_MS = 86_400_000;
export const TOWN_ZONE = 'Europe/Paris';

const asUtc = (date: string): number => Date.parse(`${date}T00:00:00Z`);
const asDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export const addDays = (date: string, days: number): string => asDate(asUtc(date) + days * DAY_MS);

/** 1 for Monday … 7 for Sunday. */
export const weekdayOf = (date: string): number => new Date(asUtc(date)).getUTCDay() || 7;

export const mondayOf = (date: string): string => addDays(date, 1 - weekdayOf(date));

/** Both bounds included; empty when `to` is before `from`. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/** ISO 8601 week number: the week that holds the year's first Thursday is week 1. */
export function weekNumber(date: string): number {
  const thursday = addDays(mondayOf(date), 3);
  const firstOfYear = `${thursday.slice(0, 4)}-01-01`;
  return 1 + Math.floor((asUtc(thursday) - asUtc(firstOfYear)) / (7 * DAY_MS));
}

export const monthOf = (date: string): string => date.slice(0, 7);

export function addMonths(month: string, count: number): string {
  const [year = 0, index = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, index - 1 + count, 1)).toISOString().slice(0, 7);
}

export const lastDayOf = (month: string): string => addDays(`${addMonths(month, 1)}-01`, -1);

/** The months touched by two bounds, both included. */
export function monthsBetween(from: string, to: string): string[] {
  const months: string[] = [];
  for (let month = monthOf(from); month <= monthOf(to); month = addMonths(month, 1)) months.push(month);
  return months;
}

const townDay = new Intl.DateTimeFormat('fr-FR', { timeZone: TOWN_ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });

/** The town's calendar day at an instant (milliseconds), wherever the phone is. */
export function dayAt(instantMs: number): string {
  // By its parts: which order and which signs a locale writes differs from one engine to the next (WebKit's en-CA is not Chromium's).
  const part = Object.fromEntries(townDay.formatToParts(instantMs).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}`;
}
