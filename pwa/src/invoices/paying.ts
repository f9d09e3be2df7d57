/** Paying by card: the portal opens the payment, the bank's page does the rest. Only with a network. */
import { call, type Refusal } from '../syncing/transport';

export type PaymentState = 'created' | 'live' | 'paid' | 'refused' | 'cancelled' | 'expired' | 'dispute' | 'failed';
export interface Payment { payment: string; invoice: string; state: PaymentState; cents: number }
export type Opened = { ok: true; url: string } | { ok: false; text: string };

const OFFLINE = 'Payer demande une connexion à Internet : la banque doit répondre tout de suite. Rien n’a été débité.';
export const said = (refusal: Refusal): string => refusal.message || 'Le paiement n’a pas pu être ouvert. Rien n’a été débité.';

/** Whether this town takes cards; null when it could not be asked. */
export async function takesCards(): Promise<boolean | null> {
  const answer = await call<{ card: boolean }>('GET', '/api/payments');
  return answer.kind === 'ok' ? answer.body.card : null;
}

export async function openPayment(invoice: string): Promise<Opened> {
  const answer = await call<{ url: string }>('POST', '/api/payments', { invoice });
  if (answer.kind === 'ok') return { ok: true, url: answer.body.url };
  return { ok: false, text: answer.kind === 'unreachable' ? OFFLINE : said(answer.refusal) };
}

/** How a payment stands, asked of the town, which asks the bank; null when the town cannot be reached. */
export async function paymentState(payment: string): Promise<Payment | null> {
  const answer = await call<Payment>('GET', `/api/payments/${encodeURIComponent(payment)}`);
  return answer.kind === 'ok' ? answer.body : null;
}

/** What a parent reads, by state. */
export const WORDS: Record<PaymentState, { tone: 'ok' | 'warn' | 'bad'; over: boolean; text: string }> = {
  created: { tone: 'warn', over: false, text: 'Le paiement est en cours d’ouverture.' },
  live: { tone: 'warn', over: false, text: 'La banque n’a pas encore donné le résultat. Cette page se met à jour seule ; vous pouvez aussi la quitter, rien ne sera perdu.' },
  paid: { tone: 'ok', over: true, text: 'Le paiement est reçu. Votre facture est réglée et le reçu est prêt.' },
  refused: { tone: 'bad', over: true, text: 'La banque a refusé le paiement. Rien n’a été débité ; vous pouvez recommencer.' },
  cancelled: { tone: 'warn', over: true, text: 'Le paiement a été abandonné. Rien n’a été débité ; vous pouvez recommencer.' },
  expired: { tone: 'warn', over: true, text: 'Le délai du paiement est passé sans résultat. Rien n’a été reçu ; vous pouvez recommencer. Si votre compte a été débité, la Régie en sera prévenue par la banque.' },
  dispute: { tone: 'bad', over: true, text: 'La réponse de la banque ne correspond pas à cette facture. La Régie vérifie ; ne payez pas une seconde fois.' },
  failed: { tone: 'bad', over: true, text: 'Le paiement n’a pas pu être ouvert. Rien n’a été débité ; vous pouvez recommencer.' },
};
