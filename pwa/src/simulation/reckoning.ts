/** What a family's wishes come to, line by line. */
import type { PriceReason } from '../local/api';
import { estimate, evaluate } from './evaluate';
import type { Offered } from './prices.svelte';

/** `times` by price: days a week, or in the holidays days a year. */
export interface Child { name: string; traits: string[]; times: Record<string, number>; supplements: string[] }
export interface Reckoned {
  child: string; label: string; often: string; cents: number; per: Offered['per']; why: PriceReason; days: number; month_cents: number; year_cents: number;
}

export const labelOf = (price: Offered): string => (price.name === price.activity_name ? price.activity_name : `${price.activity_name} – ${price.name}`);

/** The children in the order of their birth, the eldest first: the order is their rank. */
export function reckon(prices: Offered[], resident: boolean, quotient: number | null, children: Child[]): Reckoned[] {
  return children.flatMap((child, at) =>
    prices.filter((price) => (child.times[price.id] ?? 0) > 0).map((price) => {
      const times = child.times[price.id] ?? 0;
      const { days_a_month } = estimate(0, price.per, price.days, price.holidays, times);
      const found = evaluate(price, { resident, quotient, rank: at + 1, children: children.length, traits: child.traits, supplements: child.supplements, days: days_a_month });
      const why = { ...found.why, ...(found.why.kind === 'flat' || found.why.kind === 'highest' || found.why.kind === 'non_resident' ? {} : { quotient }), ...(price.ranks > 1 ? { rank: at + 1 } : {}), ...(price.per === 'unit' ? {} : { per: price.per }), decision: price.decision };
      return {
        child: child.name, label: labelOf(price), often: often(price, times), cents: found.cents, per: price.per, why,
        ...estimate(found.cents, price.per, price.days, price.holidays, times),
      };
    }),
  );
}

function often(price: Offered, times: number): string {
  if (price.holidays) return `${times} jour${times < 2 ? '' : 's'} par an`;
  return times === 1 ? '1 jour par semaine' : `${times} jours par semaine`;
}
