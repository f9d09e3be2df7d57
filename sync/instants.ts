/** Instants as the wire writes them: ISO 8601 with an offset, or Z. Twin of instants.py. */

const SHAPE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$/
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Milliseconds since 1970 in UTC, or null when the text is no such instant or lies before 1970. */
export function instantOf(text: unknown): number | null {
  const found = typeof text === 'string' ? SHAPE.exec(text) : null
  if (found === null) return null
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const [fraction, sign, zoneHour, zoneMinute] = [found[7] ?? '0', found[8], Number(found[9] ?? 0), Number(found[10] ?? 0)]
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  if (year < 1970 || month < 1 || month > 12) return null
  if (day < 1 || day > (DAYS[month - 1] as number) + (month === 2 ? leap : 0)) return null
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return null
  const offset = (zoneHour * 60 + zoneMinute) * (sign === '-' ? -1 : 1)
  const inYear = DAYS.slice(0, month - 1).reduce((sum, days) => sum + days, 0) + (month > 2 ? leap : 0) + day - 1
  const minutes = (daysBefore(year) + inYear) * 1440 + hour * 60 + minute - offset
  const instant = minutes * 60_000 + second * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
  return instant >= 0 ? instant : null
}

function daysBefore(year: number): number {
  const leaps = (past: number) => Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
  return (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}
