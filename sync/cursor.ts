/** Where a device stands in a scope, and what to read for it next. Twin of cursor.py, which explains the two forms. */

export type Cursor = { gen: string; seq: number; reset_head: number | null }
export type Reading = { reset: boolean; after: number; hide_to: number }

const SHAPE = /^([A-Za-z0-9_-]{1,20})\.([0-9]{1,15})(?:r([0-9]{1,15}))?$/

/** null when the text is no cursor of ours: the device then gets a reset, never an error. */
export function parseCursor(text: unknown): Cursor | null {
  const found = typeof text === 'string' ? SHAPE.exec(text) : null
  if (found === null) return null
  return { gen: found[1] as string, seq: Number(found[2]), reset_head: found[3] === undefined ? null : Number(found[3]) }
}

export function formatCursor(gen: string, seq: number, resetHead: number | null = null): string {
  return resetHead === null ? `${gen}.${seq}` : `${gen}.${seq}r${resetHead}`
}

/** What to read in a scope for a device that sent this cursor; null: nothing to say. */
export function whereToRead(text: unknown, gen: string, seq: number, floor: number): Reading | null {
  const cursor = parseCursor(text)
  const afresh: Reading = { reset: true, after: 0, hide_to: seq }
  if (cursor === null || cursor.gen !== gen || cursor.seq > seq) return afresh
  const head = cursor.reset_head
  if (head !== null) {
    return floor <= head && head <= seq ? { reset: false, after: cursor.seq, hide_to: head } : afresh
  }
  if (cursor.seq < floor) return afresh
  return cursor.seq === seq ? null : { reset: false, after: cursor.seq, hide_to: 0 }
}

/** The `to` of a page. `lastRow`: seq of its last row when more follow, null when the page reaches the head. */
export function cursorAfter(text: unknown, reading: Reading, gen: string, seq: number, lastRow: number | null): string {
  if (lastRow === null) return formatCursor(gen, seq)
  const paging = reading.reset || (parseCursor(text)?.reset_head ?? null) !== null
  return formatCursor(gen, lastRow, paging ? reading.hide_to : null)
}
