/** What makes two commands the same: their kind and their arguments, written in one canonical way. Twin of identity.py. */

export const DEEPEST = 32
const UNWRITABLE = '?'

/** The order of Python: by code point, where JavaScript compares halves of surrogate pairs. */
export function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) as number)
  const right = Array.from(b, (character) => character.codePointAt(0) as number)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return (left[i] as number) - (right[i] as number)
  }
  return left.length - right.length
}

/** JSON with sorted keys, no spaces and whole numbers only. Total: what cannot be written so becomes `?`. */
export function canonical(value: unknown, depth = 0): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : UNWRITABLE
  if (depth >= DEEPEST) return UNWRITABLE
  if (Array.isArray(value)) return '[' + value.map((item) => canonical(item, depth + 1)).join(',') + ']'
  if (typeof value !== 'object') return UNWRITABLE
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => byCodePoint(a, b))
  return '{' + entries.map(([key, item]) => canonical(key) + ':' + canonical(item, depth + 1)).join(',') + '}'
}

/** The text that stands for a command. The moment it was made and what the screen showed are no part of it. */
export function fingerprint(kind: string, args: unknown): string {
  return kind + '\n' + canonical(args)
}
