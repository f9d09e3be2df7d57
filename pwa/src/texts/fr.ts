/** The sentences that depend on a state or on a code. Fixed labels stand in the pages themselves. */
import type { ExchangeState, Keeping, PriceReason, QueuedCommand } from '../local/api';
import type { IconName } from '../ui/icons';
import { ago, amount, capital, dayAndHour, fullDay, moment, plural } from './format';

export * from './format';
export * from './outcomes';

/** The line that is always in sight: the state of the exchange with the town. */
export function exchangeLine(state: ExchangeState, now: number): { icon: IconName; tone: '' | 'warn' | 'bad'; text: string } {
  const requests = plural(state.count, 'demande');
  switch (state.kind) {
    case 'starting': return { icon: 'refresh', tone: '', text: 'Ouverture…' };
    case 'receiving': return { icon: 'download', tone: '', text: `Chargement : ${plural(state.rows, 'information')} reçue${state.rows < 2 ? '' : 's'}` };
    case 'up_to_date': return { icon: 'done', tone: '', text: `À jour, ${ago(state.since, now)}` };
    case 'sending': return { icon: 'send', tone: '', text: state.count ? `Envoi de ${requests}…` : 'Échange avec la mairie…' };
    case 'offline':
      if (state.count) return { icon: 'offline', tone: 'warn', text: `Hors connexion : ${requests} ${state.count < 2 ? 'partira' : 'partiront'} au retour du réseau.` };
      return { icon: 'offline', tone: '', text: state.since ? `Hors connexion. Informations reçues ${ago(state.since, now)}.` : 'Hors connexion' };
    case 'needs_sign_in': return { icon: 'user', tone: 'warn', text: state.count ? `Reconnectez-vous pour envoyer ${requests}.` : 'Reconnectez-vous pour recevoir les nouveautés.' };
    case 'trouble': return { icon: 'alert', tone: 'bad', text: `${trouble(state.code)}${state.count ? ` ${capital(requests)} ${state.count < 2 ? 'reste' : 'restent'} sur ce téléphone.` : ''}` };
    case 'upgrade': return { icon: 'refresh', tone: 'warn', text: state.count ? `Mettez le portail à jour pour envoyer ${requests}.` : 'Une mise à jour du portail est nécessaire.' };
  }
}

/** Whether what was on its way stopped there: it will leave again by itself, and count once. */
export const isInterrupted = (state: ExchangeState): boolean => ['offline', 'needs_sign_in', 'trouble', 'upgrade'].includes(state.kind);

function trouble(code: string): string {
  if (code === 'stuck') return 'L’envoi n’avance plus. Ouvrez le portail un moment avec du réseau, ou appelez le service.';
  if (code === 'busy') return 'Le portail est très demandé. L’échange reprendra de lui-même.';
  return 'L’échange avec la mairie ne se fait pas pour l’instant. Il reprendra de lui-même.';
}

/** Why a command waits for the parent. */
export function parkedReason(command: QueuedCommand): string {
  const made = dayAndHour(command.madeAt);
  if (command.reason === 'other_account') return `Cette demande du ${made} a été faite avec un autre compte.`;
  return `Cette demande du ${made} attend votre accord.`;
}

/** « Enregistré sur ce téléphone, pas encore envoyé. À envoyer avant mardi, 10 h. » */
export function onThisPhone(sendBefore: number | null, now: number): string {
  return `Enregistré sur ce téléphone, pas encore envoyé.${sendBefore ? ` À envoyer avant ${moment(sendBefore, now)}.` : ''}`;
}

/** Why an act could not even be written on the phone, or sent back a refusal of the whole request. */
const ERRORS: Record<string, string> = {
  wrong_credentials: 'Nom d’utilisateur ou mot de passe incorrect.',
  offline: 'Pas de réseau : se connecter demande une connexion à Internet.',
  malformed: 'Cette demande est incomplète. Vérifiez les champs.',
  other_account: 'Un autre compte est ouvert sur cet appareil. Déconnectez-le d’abord.',
  device_revoked: 'Cet appareil a été déconnecté depuis un autre appareil.',
  too_large: 'Cette demande est trop grande.',
  upgrade_required: 'Le portail doit être mis à jour.',
};

/** The server's own sentence is already French, with the wait of a throttled account: it is used for other codes. */
export const refusal = (code: string, message: string): string => ERRORS[code] ?? (message || 'La demande n’a pas pu aboutir. Réessayez dans un moment.');

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

/** Half a sentence about the family's quotient, for the dossier. */
export const QUOTIENT_SOURCES: Record<string, string> = { CAF: 'communiqué par la CAF', MSA: 'communiqué par la MSA', tax_notice: 'calculé d’après l’avis d’imposition' };

export function keepingText(keeping: Keeping): string {
  if (keeping === 'persisted') return 'Vos informations sont gardées sur cet appareil tant que vous ne vous déconnectez pas.';
  if (keeping === 'memory') return 'Rien n’est gardé : tout disparaît quand vous fermez cet onglet.';
  return 'Vos informations sont gardées, mais ce navigateur peut les effacer s’il manque de place. Installer le portail l’évite.';
}

export const LEVELS = [{ level: 'many', text: 'Beaucoup de places' }, { level: 'few', text: 'Peu de places' }, { level: 'full', text: 'Complet' }] as const;

/** The state of an invoice: icon, tone, words. */
export function invoiceFace(invoice: { paid: boolean; paid_on: string | null; due_on: string; total_cents: number; paid_cents: number }, today: string): { icon: IconName; tone: 'ok' | 'warn' | 'bad'; text: string } {
  if (invoice.paid) return { icon: 'check', tone: 'ok', text: invoice.paid_on ? `Payée le ${fullDay(invoice.paid_on)}` : 'Payée' };
  const left = amount(invoice.total_cents - invoice.paid_cents);
  if (invoice.due_on < today) return { icon: 'alert', tone: 'bad', text: `${left} à payer, échéance passée` };
  return { icon: 'clock', tone: 'warn', text: `${left} à payer avant le ${fullDay(invoice.due_on)}` };
}

export const GRADES: Record<string, string> = {
  PS: 'petite section', MS: 'moyenne section', GS: 'grande section', CP: 'CP', CE1: 'CE1', CE2: 'CE2', CM1: 'CM1', CM2: 'CM2',
};
export const grade = (code: string): string => GRADES[code] ?? code;

export const PAYMENT_MODES: Record<string, string> = { card: 'carte bancaire', cash: 'espèces', cheque: 'chèque', cesu: 'CESU', transfer: 'virement', credit: 'avoir' };
