/** HTML that the town made from Markdown and cleaned. Browsers that ask for a word of trust get it here, and only for what could not run anyway. */
interface Policies { createPolicy(name: string, rules: { createHTML: (html: string) => string }): { createHTML(html: string): string } }

const LIVELY = /<\/?(script|iframe|object|embed|style|link|meta|base|form|svg|math|template)\b|\son\w+\s*=|javascript:/i;
const harmless = (html: string): string => (LIVELY.test(html) ? '' : html);
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy('portail-text', { createHTML: harmless });

export const trusted = (html: string): string => policy?.createHTML(html) ?? harmless(html);
