/** Evaluates the facts that the town ships for each price; decides nothing. Twin of server/tariffs/rules/{facts,estimating}.py:
 *  tests/rules/vectors/simulation.json holds both to the cent. */
import type { PriceReason } from '../local/api';

export interface Line {
  resident: boolean; rank: number; children: number; traits: string[];
  /** From so many days a month; absent: 1. */
  step?: number;
  /** The amount without a quotient: numerator and denominator. */
  unknown: [number, number];
  den: number;
  /** From so many hundredths of a euro: (a · hundredths + b) / den cents, and why. */
  pieces: [number, number, number, Omit<PriceReason, 'decision'>][];
}
export interface Facts {
  per: 'unit' | 'month' | 'period' | 'year';
  ranks: number; children: number; traits: string[];
  /** The numbers of days a month from which the price is another; absent: it never is. */
  steps?: number[];
  rounding: { mode: 'half_up' | 'up' | 'down'; to: number };
  supplements: { code: string; label: string; cents: number }[];
  lines: Line[];
}
export interface Who { resident: boolean; quotient: number | null; rank: number; children: number; traits: string[]; supplements: string[]; days?: number }

/** Exact division, rounded once in the mode the council chose. */
function rounded(numerator: bigint, den: bigint, rounding: Facts['rounding']): number {
  const to = BigInt(rounding.to);
  const step = den * to;
  const count = rounding.mode === 'half_up' ? floor(2n * numerator + step, 2n * step) : rounding.mode === 'up' ? -floor(-numerator, step) : floor(numerator, step);
  return Number(count * to);
}

function floor(numerator: bigint, den: bigint): bigint {
  const quotient = numerator / den;
  return numerator % den < 0n ? quotient - 1n : quotient;
}

/** Cents of one unit, and the reason. */
export function evaluate(facts: Facts, who: Who): { cents: number; why: Omit<PriceReason, 'decision'> } {
  const asked = facts.traits.filter((trait) => who.traits.includes(trait)).sort().join(' ');
  const children = Math.min(who.children, facts.children);
  const step = Math.max(...(facts.steps ?? [1]).filter((one) => one <= Math.max(who.days ?? 1, 1)));
  // A rank without a line of its own pays as the one before.
  const line = facts.lines.findLast((one) => (one.step ?? 1) === step && one.resident === who.resident && one.rank <= who.rank && one.children === Math.max(children, one.rank) && one.traits.join(' ') === asked);
  if (!line) throw new Error('no line for this situation');
  const added = BigInt(facts.supplements.filter((one) => who.supplements.includes(one.code)).reduce((sum, one) => sum + one.cents, 0));
  if (who.quotient === null) {
    const [amount, den] = line.unknown.map(BigInt) as [bigint, bigint];
    const first = line.pieces[0];
    const level = line.pieces.length === 1 && first?.[1] === 0;
    return { cents: rounded(amount + added * den, den, facts.rounding), why: level && first ? first[3] : { kind: 'highest' } };
  }
  const at = Math.max(Math.round(who.quotient * 100), 0);
  const piece = line.pieces.findLast((one) => one[0] <= at);
  if (!piece) throw new Error('no piece for this quotient');
  const den = BigInt(line.den);
  return { cents: rounded(BigInt(piece[1]) * BigInt(at) + BigInt(piece[2]) + added * den, den, facts.rounding), why: piece[3] };
}

const PACKAGES_A_YEAR = { month: 10, period: 5, year: 1 } as const;

/** `counts`: openings in the school year by weekday, the most frequent first; `times`: days a week, in the holidays days a year. */
export function estimate(cents: number, per: Facts['per'], counts: number[], holidays: boolean, times: number): { days: number; year_cents: number; month_cents: number; days_a_month: number } {
  const sum = (some: number[]): number => some.reduce((total, one) => total + one, 0);
  const days = holidays ? Math.min(times, sum(counts)) : sum(counts.slice(0, times));
  const year_cents = days ? cents * (per === 'unit' ? days : PACKAGES_A_YEAR[per]) : 0;
  const months = holidays ? 12 : 10;
  return { days, year_cents, month_cents: Math.floor((2 * year_cents + months) / (2 * months)), days_a_month: Math.max(Math.floor((2 * days + months) / (2 * months)), 1) };
}

/** The CAF's formula, in whole euros: a twelfth of the year's resources plus the month's benefits, by the parts. */
export function cafQuotient(resources: number, benefits: number, children: number, disabled: number): number {
  let halves = 4 + disabled;
  for (let child = 1; child <= children; child++) halves += child === 3 ? 2 : 1;
  return Math.floor((2 * (resources + 12 * benefits) + 6 * halves) / (12 * halves));
}
