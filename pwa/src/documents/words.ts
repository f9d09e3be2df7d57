/** What a document is and weighs, and what a search compares. */
const KINDS: Record<string, string> = {
  'application/pdf': 'PDF', 'image/jpeg': 'Image JPEG', 'image/png': 'Image PNG',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Texte Word',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Tableau Excel',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'Présentation',
  'application/vnd.oasis.opendocument.text': 'Texte OpenDocument',
  'application/vnd.oasis.opendocument.spreadsheet': 'Tableau OpenDocument',
  'application/vnd.oasis.opendocument.presentation': 'Présentation OpenDocument',
};
export const kindOf = (mime: string): string => KINDS[mime] ?? 'Fichier';

const number = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 });
/** `1250000` → « 1,3 Mo » */
export const weight = (bytes: number): string => (bytes < 1_000_000 ? `${number.format(Math.max(1, Math.round(bytes / 1000)))}\u00a0ko` : `${number.format(bytes / 1_000_000)}\u00a0Mo`);

/** Without accents or capitals. */
export const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
