/** Why a price is what it is, in sentences. */
import type { PriceReason } from '../local/api';
import { amount, capital, plural } from './format';

/** What is behind a price, for « Pourquoi ce prix ? ». */
export function priceReason(why: PriceReason): string {
  const decision = why.decision ? `${capital(why.decision)}${/[.!?]$/.test(why.decision) ? '' : '.'}` : '';
  const rank = why.rank && why.rank > 1 ? `${ordinalChild(why.rank)} de la fratrie.` : '';
  return [why.grid ? `${why.grid}.` : '', amountReason(why), rank, ...(why.steps ?? []).map(stepReason), why.per ? PACKAGES[why.per] : '', why.at_most ? AT_MOST : '', decision].filter(Boolean).join(' ');
}

function amountReason(why: PriceReason): string {
  const quotient = why.quotient == null ? '' : `Votre quotient familial est ${String(why.quotient).replace('.', ',')}`;
  if (why.kind === 'bracket') return `${quotient} : tranche ${why.bracket}${why.outside ? ', tarif des familles qui n’habitent pas la commune' : ''}.`;
  if (why.kind === 'effort') return `${quotient} : ${LIMITS[why.limit ?? ''] ?? `${(why.rate ?? '').replace('.', ',')} % de ce quotient.`}`;
  if (why.kind === 'linear') return `${quotient} : ${LIMITS[why.limit ?? ''] ?? 'le prix suit ce quotient.'}`;
  if (why.kind === 'non_resident') return 'Tarif des familles qui n’habitent pas la commune.';
  if (why.kind === 'highest') return 'Sans quotient familial connu, le tarif le plus élevé s’applique.';
  if (why.kind === 'agreed') return 'Prix accepté au moment de la réservation.';
  return 'Tarif unique.';
}

const LIMITS: Record<string, string> = { floor: 'c’est le prix minimum.', ceiling: 'c’est le prix maximum.' };
const PACKAGES: Record<string, string> = {
  month: 'Forfait au mois, dû une fois quel que soit le nombre de jours.', period: 'Forfait pour la période, dû une fois.', year: 'Dû une fois par an.',
};
const AT_MOST = 'C’est un maximum : le nombre de jours et les frères et sœurs présents peuvent le faire baisser.';
const ordinalChild = (rank: number): string => `${rank}e enfant`;

function stepReason(step: NonNullable<PriceReason['steps']>[number]): string {
  if (step.label === 'duration') return `Durée comptée : ${plural(step.minutes ?? 0, 'minute')}.`;
  if (step.share !== undefined) return `${OUTCOMES[step.label] ?? step.label} : ${step.share} % du prix${step.cents ? ` + ${amount(step.cents)}` : ''}.`;
  const change = step.percent ? `${step.percent > 0 ? '+' : '−'} ${Math.abs(step.percent)} %` : `${(step.cents ?? 0) > 0 ? '+' : '−'} ${amount(Math.abs(step.cents ?? 0))}`;
  return `${step.label} : ${change}.`;
}
const OUTCOMES: Record<string, string> = { excused: 'Absence justifiée', unexcused: 'Absence non justifiée', unbooked: 'Présence sans réservation', late: 'Réservation tardive' };
