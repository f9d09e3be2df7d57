/** The server's decision about the number of a command. Twin of judge.py, which explains the four verdicts. */

export type Verdict = 'execute' | 'replay' | 'gap' | 'conflict'

export function judge(lastN: number, n: number, stored: string | null, fingerprint: string): Verdict {
  if (n > lastN + 1) return 'gap'
  if (n === lastN + 1) return 'execute'
  return stored === null || stored === fingerprint ? 'replay' : 'conflict'
}
