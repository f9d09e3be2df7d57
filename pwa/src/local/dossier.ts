// The family's file and what its people allow: what the town knows, and what this phone asks to change.
import { wake } from '../syncing/loop';
import { clock } from './clock';
import { withCurrent } from './current.svelte';
import { makeId } from './ids';
import { idOf, rowsOf } from './lookups';
import { type Query, query } from './query';
import { append, type Wanted } from './queue';
import type { StoredRow, Tables } from './base';
import type { ChangeBody, ContactBody, LimitBody, ProofBody, ProofKind, QuotientBody } from './rows';
import type { Kept } from './views';

const familyOf = (row: StoredRow): string => row.scope.slice(2);
export type ContactView = ContactBody & { id: string; family: string };
export type ProofView = ProofBody & { id: string; family: string };
export type ChangeView = ChangeBody & { id: string; family: string };
export type QuotientView = QuotientBody & { family: string };

async function inFamilies<B, V>(tables: Tables, kind: string, view: (body: B, row: StoredRow) => V): Promise<V[]> {
  return (await rowsOf(tables, kind)).filter((row) => row.scope.startsWith('f:')).map((row) => view(row.body as B, row));
}

export function contacts(): Query<ContactView[]> {
  return query((tables) => inFamilies(tables, 'contact', (body: ContactBody, row) => ({ ...body, id: idOf(row), family: familyOf(row) })));
}

/** What the town saw, and per family what it wants to see: `needed` is [kind, whether each child needs its own]. */
export function proofs(): Query<{ seen: ProofView[]; needed: Map<string, [ProofKind, boolean][]> }> {
  return query(async (tables) => {
    const rows = (await rowsOf(tables, 'proof')).filter((row) => row.scope.startsWith('f:'));
    const needed = rows.filter((row) => row.key === 'proof/needed').map((row) => [familyOf(row), (row.body as { kinds: [ProofKind, boolean][] }).kinds] as const);
    const seen = rows.filter((row) => row.key !== 'proof/needed').map((row) => ({ ...(row.body as ProofBody), id: idOf(row), family: familyOf(row) }));
    return { seen, needed: new Map(needed) };
  });
}

export function changes(): Query<ChangeView[]> {
  return query((tables) => inFamilies(tables, 'change', (body: ChangeBody, row) => ({ ...body, id: idOf(row), family: familyOf(row) })));
}

export function quotients(): Query<QuotientView[]> {
  return query((tables) => inFamilies(tables, 'quotient', (body: QuotientBody, row) => ({ ...body, family: familyOf(row) })));
}

export function limits(): Query<(LimitBody & { id: string })[]> {
  return query(async (tables) => (await rowsOf(tables, 'limit')).map((row) => ({ ...(row.body as LimitBody), id: idOf(row) })));
}

/** Changes fields of the file, each a command of its own: one that is stale does not hold back the others. */
export async function editDossier(family: string, edits: { field: string; base: number; value: string; child?: string }[]): Promise<Kept> {
  return await ask(edits.map((edit) => ({ kind: 'dossier.edit@1', args: { family, ...edit } })));
}

export async function putContact(family: string, contact: { id: string | null; kind: string; name: string; relation: string; phone: string; base: number }): Promise<Kept> {
  const { id, ...rest } = contact;
  return await ask([{ kind: 'contact.put@1', args: { family, contact: id ?? makeId('ct'), ...rest } }]);
}

export async function removeContact(family: string, contact: string, base: number): Promise<Kept> {
  return await ask([{ kind: 'contact.remove@1', args: { family, contact, base } }]);
}

export async function declareProof(family: string, proof: { kind: ProofKind; child?: string; label?: string; valid_until: string }): Promise<Kept> {
  return await ask([{ kind: 'proof.declare@1', args: { family, ...proof } }]);
}

export async function answerConsent(purpose: string, version: string, given: boolean): Promise<Kept> {
  return await ask([{ kind: 'consent.answer@1', args: { purpose, version, given: given ? 'yes' : 'no' } }]);
}

async function ask(drafts: Wanted[]): Promise<Kept> {
  const ops = await withCurrent((base) => append(base, drafts, Math.round(clock())));
  if (ops.length) wake();
  return { ids: ops.map((op) => op.id), rids: [] };
}
