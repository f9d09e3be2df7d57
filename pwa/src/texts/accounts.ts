/** What the pages about accounts say of a field or of a password. */
export const FIELD_FAULTS: Record<string, string> = {
  required: 'Ce champ est obligatoire.',
  name_unreadable: 'Ce nom contient un signe qui ne peut pas être gardé.',
  email_invalid: 'Cette adresse ne ressemble pas à une adresse électronique, par exemple nom@exemple.fr.',
  email_differs: 'Les deux adresses sont différentes.',
  email_not_of_step_1: 'Ce n’est pas l’adresse donnée à l’étape 1.',
  username_form: 'De 3 à 40 lettres sans accent, chiffres, points, tirets ou @.',
  username_taken: 'Ce nom d’utilisateur est déjà pris. Choisissez-en un autre.',
  password_differs: 'Les deux mots de passe sont différents.',
};
export const fieldFault = (code: string | undefined): string => (code ? (FIELD_FAULTS[code] ?? 'À corriger.') : '');

const REASONS: Record<string, string> = {
  too_short: 'Il est trop court.',
  too_long: 'Il dépasse 128 signes.',
  about_you: 'Il ne tient qu’à votre nom, votre adresse ou votre ville.',
  too_common: 'C’est l’un des premiers que l’on essaierait : mots courants, suites du clavier, années.',
  too_simple: 'Trop peu de signes différents.',
};
export const passwordReasons = (codes: readonly string[]): string => codes.map((code) => REASONS[code] ?? '').join(' ').trim();
export const STRENGTHS = ['', 'À renforcer', 'Suffisant', 'Bon', 'Très bon'] as const;

/** A browser's own name for itself, in three words. */
export function browserName(agent: string): string {
  const browser = /Firefox\//.test(agent) ? 'Firefox' : /Edg\//.test(agent) ? 'Edge' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : 'Navigateur';
  const system = /iPhone|iPad/.test(agent) ? 'iPhone ou iPad' : /Android/.test(agent) ? 'Android' : /Windows/.test(agent) ? 'Windows' : /Mac OS X/.test(agent) ? 'Mac' : /Linux/.test(agent) ? 'Linux' : 'système inconnu';
  return `${browser}, ${system}`;
}
