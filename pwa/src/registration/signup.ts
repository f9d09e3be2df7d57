/** The sign-up as the server keeps it: which step comes next, and what the earlier ones hold. */
import { tell, type Told } from '../accounts/calls';

export type Step = 'person' | 'file' | 'terms' | 'privacy' | 'recap';
export interface Person { last_name: string; first_name: string; email: string; username: string }
export interface File { number: string; label: string; email: string }
export interface SignUp { step: Step; waiting: boolean; person: Person | null; file: File | null }
export interface LegalText { version: string; title: string; accept: string; sections: { title: string; paragraphs: string[] }[] }

export const STEPS: { step: Step; label: string }[] = [
  { step: 'person', label: 'Informations personnelles' },
  { step: 'file', label: 'Références du dossier' },
  { step: 'terms', label: 'Conditions générales d’utilisation' },
  { step: 'privacy', label: 'Confidentialité' },
  { step: 'recap', label: 'Récapitulatif' },
];

export const where = (): Promise<Told<SignUp>> => tell('GET', '/api/sign-up');
export const legal = (): Promise<Told<Record<'terms' | 'privacy', LegalText>>> => tell('GET', '/api/public/legal');
export const savePerson = (said: Record<string, string>): Promise<Told<SignUp>> => tell('PUT', '/api/sign-up/person', said);
export const saveFile = (said: File): Promise<Told<SignUp>> => tell('PUT', '/api/sign-up/file', said);
export const accept = (text: 'terms' | 'privacy', version: string, yes: boolean): Promise<Told<SignUp | undefined>> => tell('PUT', `/api/sign-up/${text}`, { version, accept: yes });
export const validate = (): Promise<Told<SignUp>> => tell('POST', '/api/sign-up/validation');
export const resend = (): Promise<Told<undefined>> => tell('POST', '/api/sign-up/mail');
export const cancel = (): Promise<Told<undefined>> => tell('DELETE', '/api/sign-up');
