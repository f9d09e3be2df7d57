/** The seven correspondents of the town's guide, in its order; the town hall is in the directory only. */
export const MAILBOXES = ['enfance-education', 'petite-enfance', 'regie', 'emap', 'sports', 'amandier', 'jeunesse'] as const;
