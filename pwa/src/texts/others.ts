/** The sentences of the rarer pages: requests that were held back, the dossier, invoices, this device. */
import type { Keeping, QueuedCommand } from '../local/api';
import type { IconName } from '../ui/icons';
import { amount, dayAndHour, fullDay, moment } from './format';

/** Why a command waits for the parent. */
export function parkedReason(command: QueuedCommand): string {
  const made = dayAndHour(command.madeAt);
  if (command.reason === 'other_account') return `Cette demande du ${made} a été faite avec un autre compte.`;
  return `Cette demande du ${made} attend votre accord.`;
}

/** Half a sentence about the family's quotient, for the dossier. */
export const QUOTIENT_SOURCES: Record<string, string> = { CAF: 'communiqué par la CAF', MSA: 'communiqué par la MSA', tax_notice: 'calculé d’après l’avis d’imposition' };

export function keepingText(keeping: Keeping): string {
  if (keeping === 'persisted') return 'Vos informations sont gardées sur cet appareil tant que vous ne vous déconnectez pas.';
  if (keeping === 'memory') return 'Rien n’est gardé : tout disparaît quand vous fermez cet onglet.';
  return 'Vos informations sont gardées, mais ce navigateur peut les effacer s’il manque de place. Installer le portail l’évite.';
}

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

export const PAYMENT_MODES: Record<string, string> = { card: 'carte bancaire', cash: 'espèces', cheque: 'chèque', cesu: 'CESU', transfer: 'virement', debit: 'prélèvement', credit: 'avoir' };

/** « Enregistré sur ce téléphone, pas encore envoyé. À envoyer avant mardi, 10 h. » */
export function onThisPhone(sendBefore: number | null, now: number): string {
  return `Enregistré sur ce téléphone, pas encore envoyé.${sendBefore ? ` À envoyer avant ${moment(sendBefore, now)}.` : ''}`;
}
