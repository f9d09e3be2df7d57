/** Requests to enrol as agents read them. */
export interface Asked {
  id: string; state: string; reason: string | null; asked_at: string; decided_at: string | null; rank: number | null; activity: string;
  round: { id: string; name: string }; group: { id: string; name: string; capacity: number | null; left: number | null };
  child: { id: string; name: string; grade: string; age: number }; family: { id: string; number: string; label: string; resident: boolean };
  papers: { code: string; label: string; needed: boolean; state: string; file: string | null; why: string | null }[];
}
export interface AskedWhole extends Asked { answers: { label: string; answer: string }[] }
export interface Asking { ids: string[]; act: string; more: Record<string, unknown>; title: string; text: string; action: string; bad: boolean }

export const STATES = [
  { state: 'received', one: 'Reçue', many: 'À décider', none: 'Aucune demande n’attend votre décision.' },
  { state: 'missing', one: 'Pièce manquante', many: 'Pièce manquante', none: 'Aucune demande n’attend de pièce.' },
  { state: 'waiting', one: 'Liste d’attente', many: 'Liste d’attente', none: 'Personne n’attend.' },
  { state: 'accepted', one: 'Acceptée', many: 'Acceptées', none: 'Aucune demande acceptée ici.' },
  { state: 'refused', one: 'Refusée', many: 'Refusées', none: 'Aucune demande refusée ici.' },
  { state: 'ended', one: 'Terminée', many: 'Terminées', none: 'Aucune inscription terminée ici.' },
] as const;

export const leftOf = (one: Asked): string => (one.group.left === null ? 'sans limite' : `${one.group.left} sur ${one.group.capacity}`);
