// The phone's arithmetic against the engine's: the vectors are written by tests/rules/test_simulation_vectors.py.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cafQuotient, estimate, evaluate, type Facts, type Who } from '../../pwa/src/simulation/evaluate';

interface Vectors {
  facts: Record<string, Facts>;
  prices: (Who & { tariff: string; cents: number })[];
  estimates: { cents: number; per: Facts['per']; counts: number[]; holidays: boolean; times: number; days: number; year_cents: number; month_cents: number; days_a_month: number }[];
  quotients: { resources: number; benefits: number; children: number; disabled: number; quotient: number }[];
}
const vectors = JSON.parse(readFileSync(new URL('../rules/vectors/simulation.json', import.meta.url), 'utf8')) as Vectors;

describe('the simulation on the phone', () => {
  it('gives the cents of the engine, for every tariff, quotient, rank and situation', () => {
    expect(vectors.prices.length).toBeGreaterThan(500);
    const wrong = vectors.prices.filter((one) => evaluate(vectors.facts[one.tariff]!, one).cents !== one.cents);
    expect(wrong).toEqual([]);
  });
  it('adds up months and years alike', () => {
    for (const { days, year_cents, month_cents, days_a_month, ...asked } of vectors.estimates) {
      expect(estimate(asked.cents, asked.per, asked.counts, asked.holidays, asked.times)).toEqual({ days, year_cents, month_cents, days_a_month });
    }
  });
  it('works the quotient out alike', () => {
    for (const one of vectors.quotients) expect(cafQuotient(one.resources, one.benefits, one.children, one.disabled)).toBe(one.quotient);
  });
});
