/** Putting a page of a scope into the copy on the phone, in one transaction with its cursor. Twin of applying.py. */

import { digestAdd, digestRemove, digestText } from './checksum.ts'
import { parseCursor } from './cursor.ts'
import type { Change, Row } from './device.ts'

export type Tally = { count: number; digest: number }
/** One record per scope; `staging` stands for a reset under way, whose rows wait beside the base until it is whole. */
export type Held = Tally & { scope: string; cursor: string | null; staging: Tally | null; bad: number }
export type LiveRow = { k: string; s: number; b: Record<string, unknown> }
export type Target = 'base' | 'staging' | 'skip'
export type Verdict = 'skip' | 'more' | 'whole' | 'wrong' | 'doubtful'
export type Effect = {
  verdict: Verdict
  into: 'base' | 'staging'
  clear_base: boolean
  clear_staging: boolean
  puts: LiveRow[]
  deletes: string[]
  swap: boolean
  held: Held
}

export function emptyScope(scope: string): Held {
  return { scope, cursor: null, count: 0, digest: 0, staging: null, bad: 0 }
}

/**
 * Which rows the page concerns, whose seqs `applyChange` then wants to know. `skip`: another tab applied it or something later,
 * it continues a reset that is not ours any more, or it only says that this scope has to wait its turn.
 */
export function targetOf(held: Held, change: Change): Target {
  if (beginsReset(change)) return change.more ? 'staging' : 'base'
  if (held.staging !== null) return change.from === held.cursor && change.to !== null ? 'staging' : 'skip'
  const [mine, start, end] = [parseCursor(held.cursor), parseCursor(change.from), parseCursor(change.to)]
  if (mine === null || start === null || end === null || end.reset_head !== null) return 'skip'
  return mine.gen === start.gen && start.gen === end.gen && start.seq <= mine.seq && mine.seq < end.seq ? 'base' : 'skip'
}

/** All pages of a reset say `reset`; only the first comes from nowhere. */
function beginsReset(change: Change): boolean {
  return change.reset && change.from === null && change.to !== null
}

/** A reset to a moment before the one we hold: another tab was faster, or the town went back in time without a new epoch. */
function isOlder(held: Held, change: Change): boolean {
  const [mine, end] = [parseCursor(held.cursor), parseCursor(change.to)]
  return mine !== null && end !== null && mine.gen === end.gen && (end.reset_head ?? end.seq) < (mine.reset_head ?? mine.seq)
}

/**
 * What the page does. `seqs`: seq of the live row of each key of the page, as stored in the target. Carry it out in one transaction:
 * clear, put and delete in `into`, then `swap` (drop the scope's base rows, let the staged ones take their place), store `held`.
 * `wrong`: the digest differs, the next exchange asks for a reset; `doubtful`: it differs again after one, report it.
 */
export function applyChange(held: Held, change: Change, seqs: Readonly<Record<string, number>>): Effect {
  const target = targetOf(held, change)
  if (target === 'skip') return effect('skip', held)
  const afresh = beginsReset(change)
  if (afresh && isOlder(held, change)) {
    return effect('wrong', { ...held, cursor: null, staging: null }, { clear_staging: true })
  }
  const start: Tally = afresh ? { count: 0, digest: 0 } : (held.staging ?? held)
  const floor = target === 'base' && !afresh ? (parseCursor(held.cursor)?.seq ?? 0) : 0
  const { now, latest } = tallied(change.rows, afresh ? {} : seqs, floor, start)
  const step: Partial<Effect> = { into: target, clear_base: afresh && target === 'base', clear_staging: afresh }
  step.puts = latest.filter((row) => !row.del).map((row) => ({ k: row.k, s: row.s, b: row.b as Record<string, unknown> }))
  step.deletes = latest.filter((row) => row.del).map((row) => row.k)
  if (!change.more) return lastPage(held, change, target, now, step)
  if (target === 'staging') return effect('more', { ...held, cursor: change.to, staging: now }, step)
  return effect('more', { ...held, cursor: change.to, ...now }, step)
}

function lastPage(held: Held, change: Change, target: Target, now: Tally, step: Partial<Effect>): Effect {
  const right = (change.count ?? now.count) === now.count && (change.digest ?? digestText(now.digest)) === digestText(now.digest)
  if (right || held.bad >= 1) {
    const done = { ...held, ...now, cursor: change.to, staging: null, bad: right ? 0 : held.bad + 1 }
    return effect(right ? 'whole' : 'doubtful', done, { ...step, swap: target === 'staging' })
  }
  // Keep the old rows on screen, throw the wrong ones away.
  if (target === 'staging' || step.clear_base) {
    return effect('wrong', { ...held, cursor: null, staging: null, bad: 1 }, { clear_staging: true })
  }
  return effect('wrong', { ...held, ...now, cursor: null, bad: 1 }, step)
}

function tallied(rows: readonly Row[], seqs: Readonly<Record<string, number>>, floor: number, start: Tally) {
  const known = new Map(Object.entries(seqs))
  const latest = new Map<string, Row>()
  let { count, digest } = start
  for (const row of rows) {
    const old = known.get(row.k)
    if (row.s <= floor || (old !== undefined && old >= row.s)) continue
    if (old !== undefined) {
      count -= 1
      digest = digestRemove(digest, row.k, old)
      known.delete(row.k)
    }
    if (!row.del) {
      count += 1
      digest = digestAdd(digest, row.k, row.s)
      known.set(row.k, row.s)
    }
    latest.set(row.k, row)
  }
  return { now: { count, digest }, latest: [...latest.values()] }
}

function effect(verdict: Verdict, held: Held, step: Partial<Effect> = {}): Effect {
  const nothing = { into: 'base' as const, clear_base: false, clear_staging: false, puts: [], deletes: [], swap: false }
  return { verdict, held, ...nothing, ...step }
}
