// The only door of the pages to the data: reads, acts, the session. Pages import nothing else of local/, syncing/ or accounts/.
export type * from './rows';
export type * from './views';

export { live } from './live.svelte';
export type { Query } from './query';
export { account, calendar, credit, devices, enrolments, families, invoice, invoices, news, notifications, prices, queue, receipts, services } from './reads';
export { activities, bookings, children, places, planning, units } from './plans';

export {
  book, cancel, confirm, declareAbsence, dismissReceipt, joinWaitingList, leaveWaitingList, renameDevice, resendParked, revokeDevice, withdrawQueued,
} from './acts';
export { answerDays, askDays, swaps, withdrawDays } from './custody';
export { answerConsent, changes, contacts, declareProof, editDossier, limits, proofs, putContact, quotients, removeContact } from './dossier';
export { consents } from './consents';
export type { ConsentView } from './consents';
export { documents } from './documents';
export type { ChangeView, ContactView, ProofView, QuotientView } from './dossier';
export { answerThread, beginThread, closeThread, conversation, draftOf, keepDraft, markRead } from './messages';
export type { Draft, Letter, MessageView } from './messages';
export { threads } from './threads';
export type { ThreadView } from './threads';
export { ACCEPTED, dropFile, FileFault, filesOf, keepFile, localPicture, MOST_BYTES, MOST_FILES, wakeUploads } from './files';
export type { FileView } from './files';
export { askToEnrol, catalogue, givePapers, learnCatalogue, requests, withdrawRequests } from './enrolling';
export type { Catalogue, Group, Round, RequestView, Wish } from './enrolling';
export { syncNow } from '../syncing/loop';

/** `exchange.state` for the head of every page; `exchange.skew`: ms by which this phone's clock is wrong, 0 within two minutes. */
export { exchange } from '../syncing/status.svelte';
export { storage } from './keeping.svelte';
export { applyUpdate, update } from './installed.svelte';
export { clock } from './clock';

export { currentAccount, session, signIn, signInWith, signOut } from '../accounts/session.svelte';
export type { SessionState, SignInResult } from '../accounts/session.svelte';
