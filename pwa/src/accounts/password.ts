/** How strong a password looks while it is typed. The server judges; this only counts what it counts (server/accounts/rules/). */
export const LEAST = 12;
const ENOUGH_BITS = 50;
const CLASSES: [RegExp, number][] = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^a-zA-Z0-9]/, 33]];

/** Length × log2 of the alphabet in use, as the CNIL counts. */
export function bits(password: string): number {
  const text = [...password.normalize('NFC')];
  const alphabet = CLASSES.reduce((sum, [pattern, size]) => sum + (text.some((one) => pattern.test(one)) ? size : 0), 0);
  return alphabet ? text.length * Math.log2(alphabet) : 0;
}

/** 0 nothing yet, 1 refused, 2 will do, 3 good, 4 very good; with the codes of what is missing. */
export function strength(password: string, about: string[], least = LEAST): { level: 0 | 1 | 2 | 3 | 4; reasons: string[] } {
  const text = password.normalize('NFC');
  if (!text) return { level: 0, reasons: [] };
  const reasons: string[] = [];
  if ([...text].length < least) reasons.push('too_short');
  const own = about.flatMap((one) => plain(one).split(/[^a-z0-9]+/)).filter((part) => part.length > 2);
  const rest = own.reduce((left, part) => left.replaceAll(part, ''), plain(text));
  if (rest !== plain(text) && !/[a-z]/.test(rest)) reasons.push('about_you');
  if (bits(text) < ENOUGH_BITS || new Set(text).size < 5) reasons.push('too_simple');
  const level = reasons.length ? 1 : bits(text) >= 100 ? 4 : bits(text) >= 75 ? 3 : 2;
  return { level, reasons };
}

const plain = (text: string): string => text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
