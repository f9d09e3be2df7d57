/** The words of the dossier, and what is still on its way to the town. Pure. */
import type { ChangeView, ProofKind, QueuedCommand } from '../local/api';
import { fullDay, plural } from '../texts/fr';

export const FIELDS: Record<string, string> = {
  address: 'Adresse', phone_home: 'Téléphone du domicile', phone_mobile: 'Téléphone portable', phone_work: 'Téléphone du travail',
  caf_number: 'Numéro d’allocataire CAF', email_invoices: 'Factures par mail', diet: 'Repas', collector: 'Personne autorisée à venir chercher',
  proof: 'Justificatif', contact: 'Personne à prévenir', care_protocol: 'PAI', phone: 'Téléphone', valid_until: 'Date de validité',
  quotient: 'Quotient familial', photos: 'Photos',
};
export const COORDINATES = ['address', 'phone_home', 'phone_mobile', 'phone_work', 'caf_number'] as const;
export const DIETS: Record<string, string> = { standard: 'Repas habituel', no_pork: 'Sans porc', vegetarian: 'Végétarien' };
export const PROOFS: Record<ProofKind, string> = { insurance: 'Assurance scolaire et extrascolaire', address: 'Justificatif de domicile', vaccination: 'Vaccinations' };
export const CHANNELS: Record<string, string> = {
  franceconnect: 'demandé avec FranceConnect', identity: 'demandé par un agent, après contrôle de votre identité',
  cdap: 'lu par un agent dans l’espace de la CAF', certificate: 'lu par un agent sur une attestation', import: 'repris de l’ancien logiciel',
};
export const ENDED: Record<string, string> = { replaced: 'remplacé', withdrawn: 'autorisation retirée', expired: 'fin de validité' };

interface Args { family?: string; field?: string; child?: string; value?: string; contact?: string; kind?: string }

/** What this phone still asks to write in a field, or null. The last one asked counts. */
export function onPhone(queue: QueuedCommand[], family: string, field: string, child?: string): string | null {
  const asked = queue.filter((one) => one.kind === 'dossier.edit@1').map((one) => one.args as Args);
  return asked.filter((args) => args.family === family && args.field === field && args.child === child).pop()?.value ?? null;
}

/** What an agent still has to look at in a field, or has just refused. */
export const atTown = (changes: ChangeView[], family: string, field: string, target?: string): ChangeView | undefined =>
  changes.find((one) => one.family === family && one.field === field && (target === undefined || one.target === target));

/** A value as it is read: yes and no in words. */
export function shown(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return 'Non renseigné';
  if (field === 'email_invoices') return value === true || value === 'yes' ? 'Oui' : 'Non';
  if (field === 'diet') return DIETS[String(value)] ?? String(value);
  if (typeof value === 'boolean') return value ? 'Oui' : 'Non';
  if (typeof value !== 'object') return String(value);
  const one = value as { name?: string; relation?: string; phone?: string; kind?: ProofKind; label?: string; valid_until?: string };
  if (one.valid_until) return `${one.kind ? PROOFS[one.kind] : 'Justificatif'}${one.label ? `, ${one.label}` : ''}, jusqu’au ${fullDay(one.valid_until)}`;
  return [one.name, one.relation, one.phone].filter(Boolean).join(', ');
}

/** How a paper stands on a day: in order, soon over, over, or never shown. */
export function paperState(validUntil: string | null, today: string, soon: string): { tone: 'ok' | 'warn' | 'bad'; icon: 'check' | 'clock' | 'alert'; text: string } {
  if (validUntil === null) return { tone: 'bad', icon: 'alert', text: 'Manque' };
  if (validUntil < today) return { tone: 'bad', icon: 'alert', text: `Périmé depuis le ${fullDay(validUntil)}` };
  if (validUntil < soon) return { tone: 'warn', icon: 'clock', text: `Valable jusqu’au ${fullDay(validUntil)}` };
  return { tone: 'ok', icon: 'check', text: `Valable jusqu’au ${fullDay(validUntil)}` };
}

export const missing = (count: number): string => (count ? `${plural(count, 'justificatif manque ou est périmé', 'justificatifs manquent ou sont périmés')}.` : 'Tous les justificatifs demandés sont en ordre.');

/** What a court's decision takes from a parent, as the end of « fait que … ». */
export const LIMITS: Record<string, string> = {
  book: 'vous ne pouvez ni réserver, ni annuler, ni rien déclarer pour cet enfant', collect: 'cet enfant ne vous est pas remis à la sortie',
};
