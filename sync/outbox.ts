/** The outbox: commands that the town has not answered yet, and the journal of those it has. Twin of outbox.py. */

import type { Draft, Op, Receipt, Reply, Sent, State } from './device.ts'

const DAY = 86_400_000
export const STALE_AFTER = 30 * DAY
export const KEEP_JOURNAL = 30 * DAY
const WITHOUT_EFFECT = ['refused', 'void']

/** An answered command: what to send again if the town loses its memory of it. */
export type Entry = Op & { device: string | null; done_at: number }
export type Answered = { op: Op; receipt: Receipt }
export type Settled = {
  state: State
  outbox: Op[]
  answered: Answered[]
  journal_add: Entry[]
  journal_drop: string[]
  restored: boolean
}
export type Trouble = { trouble: 'identity_conflict' }

/** Numbers a command. Store both results in one durable transaction. */
export function enqueue(state: State, draft: Draft): { state: State; op: Op } {
  const op: Op = { ...draft, n: state.next_n, sent: false, parked: null, agreed: false }
  return { state: { ...state, next_n: state.next_n + 1 }, op }
}

/** Whether numbers changed meaning since the question was asked: its answer is then dropped whole, and asked again. */
export function isStale(state: State, sent: Sent): boolean {
  return sent.device !== state.device || sent.era !== state.era
}

/**
 * What an answer changes in the queue. `arrived`: receipts of this device among the rows this transaction puts in the base.
 * `complete`: no scope has more pages to come, so that the receipts of the reply itself come with their effects; otherwise only
 * those that arrived count. `trouble`: another installation uses our numbers, register a new device (the rows may still be stored).
 * `restored`: the server forgot commands it had answered; those with an effect are back in the outbox. Sending one again that it
 * does remember is harmless: a place (`rid`) is decided once.
 */
export function settle(
  state: State,
  outbox: readonly Op[],
  journal: readonly Entry[],
  sent: Sent,
  reply: Reply,
  arrived: readonly Receipt[],
  complete: boolean,
  now: number,
): Settled | Trouble {
  const ours = [...(complete ? reply.receipts : []), ...arrived].filter((receipt) => receipt.device === state.device)
  const answers = new Map(ours.map((receipt) => [receipt.n, receipt]))
  const told = Math.max(reply.last_n, ...arrived.filter((receipt) => receipt.device === state.device).map((receipt) => receipt.n))
  const newEpoch = state.epoch !== null && reply.epoch !== state.epoch
  const restored = told < (newEpoch ? state.last_n : sent.last_n)
  const waiting = waitingOf(outbox)
  const pairs = waiting.filter((op) => answers.has(op.n)).map((op) => ({ op, receipt: answers.get(op.n) as Receipt }))
  if (told >= state.next_n || pairs.some(({ op, receipt }) => !isAnswer(receipt, op))) return { trouble: 'identity_conflict' }
  const left = waiting.filter((op) => !answers.has(op.n))
  const again = toSendAgain(state, journal, restored ? told : null, newEpoch)
  const lastN = restored ? told : Math.max(state.last_n, told)
  const line = renumbered([...again.map(backInLine), ...left], lastN)
  const moved = restored || newEpoch || left.some((op, i) => (line[i] as Op).n !== op.n)
  const entries = pairs.map(({ op, receipt }) => journalEntry(op, receipt, state.device, now))
  return {
    state: {
      ...state,
      epoch: reply.epoch,
      era: state.era + (moved ? 1 : 0),
      last_n: lastN,
      next_n: nextN(line, lastN),
      acked: restored ? sent.ack : Math.max(state.acked, sent.ack),
    },
    outbox: [...line, ...outbox.filter((op) => op.parked !== null)],
    answered: pairs,
    journal_add: entries.filter((entry) => entry !== null),
    journal_drop: again.map((entry) => entry.id),
    restored,
  }
}

/** A receipt for a command we never sent, of another kind, or about other places, answers somebody else. */
function isAnswer(receipt: Receipt, op: Op): boolean {
  const mine = ridsOf(op)
  const theirs = receipt.items.flatMap((item) => (item.rid === undefined ? [] : [item.rid]))
  return op.sent && receipt.kind === op.kind && theirs.every((rid) => mine.includes(rid))
}

/** The same commands in the same order, those not executed yet numbered from `lastN + 1` without a gap. */
export function renumbered(ops: readonly Op[], lastN: number): Op[] {
  let n = lastN
  return ops.map((op) => {
    if (op.n > 0 && op.n <= lastN) return op
    n += 1
    return op.n === n ? op : { ...op, n, sent: false }
  })
}

function nextN(line: readonly Op[], lastN: number): number {
  return Math.max(lastN, ...line.map((op) => op.n)) + 1
}

/**
 * What the town forgot, in the order in which it was decided: of this device what is above `told`, and, when nobody can say what
 * the town still knows of the devices that this installation was before, all of theirs.
 */
function toSendAgain(state: State, journal: readonly Entry[], told: number | null, allDevices: boolean): Entry[] {
  const mine = journal.filter((entry) => entry.device === state.device && told !== null && entry.n > told)
  const former = journal.filter((entry) => entry.device !== state.device && allDevices)
  return [...former.sort((a, b) => a.done_at - b.done_at || a.n - b.n), ...mine.sort((a, b) => a.n - b.n)]
}

function backInLine(entry: Entry): Op {
  const { device: _device, done_at: _done, ...kept } = entry
  return { ...kept, n: 0, sent: false, parked: null, agreed: true }
}

/** What to send again if the town loses its memory of it: what had an effect, without the items that were refused. */
export function journalEntry(op: Op, receipt: Receipt, device: string | null, now: number): Entry | null {
  const idle = receipt.items.filter((item) => WITHOUT_EFFECT.includes(item.outcome)).map((item) => item.rid)
  const items = op.args.items?.filter((item) => !idle.includes(item.rid))
  if (WITHOUT_EFFECT.includes(receipt.outcome) || items?.length === 0) return null
  return { ...op, args: items === undefined ? op.args : { ...op.args, items }, device, done_at: now }
}

/** Ids of the entries that may go: the town knows that we have the answer, and it is 30 days old. Both. */
export function pruneJournal(journal: readonly Entry[], state: State, now: number): string[] {
  const done = (entry: Entry) => entry.device !== state.device || entry.n <= state.acked
  return journal.filter((entry) => entry.done_at + KEEP_JOURNAL <= now && done(entry)).map((entry) => entry.id)
}

/**
 * After registering: the same commands in the same order under the numbers of the new device. `forgotten`: the town did not know
 * the old device (410), so what it had answered is sent again too.
 */
export function adoptDevice(
  state: State,
  outbox: readonly Op[],
  journal: readonly Entry[],
  device: string,
  cloneGuard: string | null,
  forgotten: boolean,
): { state: State; outbox: Op[]; journal_drop: string[] } {
  const again = forgotten ? toSendAgain(state, journal, 0, true) : []
  const fresh = waitingOf(outbox).map((op) => ({ ...op, n: 0, sent: false }))
  const line = renumbered([...again.map(backInLine), ...fresh], 0)
  const after = { ...state, device, clone_guard: cloneGuard, era: state.era + 1, last_n: 0, acked: 0, next_n: line.length + 1 }
  return { state: after, outbox: [...line, ...outbox.filter((op) => op.parked !== null)], journal_drop: again.map((entry) => entry.id) }
}

type Queue = { state: State; outbox: Op[] }

/**
 * Sets aside what must not leave without a word from the parent: `old` (30 days), `other_account`, or the reason of an earlier
 * command about the same place. What may have reached the town is never set aside: its number is taken.
 */
export function park(state: State, outbox: readonly Op[], actor: string, now: number): Queue {
  const parked = outbox.filter((op) => op.parked !== null)
  const aside = new Map(parked.flatMap((op) => ridsOf(op).map((rid) => [rid, op.parked] as const)))
  const stays: Op[] = []
  for (const op of waitingOf(outbox)) {
    let reason = ridsOf(op).map((rid) => aside.get(rid) ?? null).find((why) => why !== null) ?? null
    if (op.actor !== actor) reason = 'other_account'
    else if (reason === null && !op.agreed && op.made_at + STALE_AFTER <= now) reason = 'old'
    if (reason === null || op.sent) {
      stays.push(op)
      continue
    }
    for (const rid of ridsOf(op)) aside.set(rid, reason)
    parked.push({ ...op, n: 0, parked: reason })
  }
  return closedUp(state, stays, parked)
}

/** The parent agreed: the command goes to the end of the line. Another account's stays where it is. */
export function unpark(state: State, outbox: readonly Op[], id: string): Queue {
  const chosen = outbox.find((op) => op.id === id && op.parked !== null)
  if (chosen === undefined || chosen.actor !== state.actor) return { state, outbox: [...outbox] }
  const queued = enqueue(state, chosen)
  return { state: queued.state, outbox: [...outbox.filter((op) => op.id !== id), { ...queued.op, agreed: true }] }
}

/** The parent takes back what never left the phone. Once sent, only a cancellation undoes it. */
export function withdraw(state: State, outbox: readonly Op[], id: string): Queue & { done: boolean } {
  const chosen = outbox.find((op) => op.id === id)
  if (chosen === undefined || chosen.sent) return { state, outbox: [...outbox], done: false }
  const rest = outbox.filter((op) => op.id !== id)
  return { ...closedUp(state, waitingOf(rest), rest.filter((op) => op.parked !== null)), done: true }
}

/** Nothing after an unsent command was ever sent, so the numbers behind it may move up. */
function closedUp(state: State, line: readonly Op[], parked: readonly Op[]): Queue {
  const closed = renumbered(line, Math.max(state.last_n, ...line.filter((op) => op.sent).map((op) => op.n)))
  return { state: { ...state, next_n: nextN(closed, state.last_n) }, outbox: [...closed, ...parked] }
}

function waitingOf(outbox: readonly Op[]): Op[] {
  return outbox.filter((op) => op.parked === null).sort((a, b) => a.n - b.n)
}

function ridsOf(op: Op): string[] {
  return (op.args.items ?? []).map((item) => item.rid)
}
