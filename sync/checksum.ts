/** The digest of a scope: what a phone compares to know that it holds the same live rows as the town. Twin of checksum.py. */

const TABLE: number[] = Array.from({ length: 256 }, (_, start) => {
  let value = start
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

/** The UTF-8 bytes of a text, written out because the pure core knows no TextEncoder. Half a surrogate pair counts as U+FFFD. */
export function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0) as number
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return bytes
}

/** What one live row adds to the digest. */
export function digestOf(key: string, seq: number): number {
  let crc = 0xffffffff
  for (const byte of utf8(key + '\n' + seq)) crc = (TABLE[(crc ^ byte) & 255] as number) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

export function digestAdd(digest: number, key: string, seq: number): number {
  return (digest + digestOf(key, seq)) >>> 0
}

export function digestRemove(digest: number, key: string, seq: number): number {
  return (digest - digestOf(key, seq)) >>> 0
}

/** The digest of rows in the shape of the wire. */
export function digestRows(rows: readonly { k: string; s: number }[]): number {
  return rows.reduce((digest, row) => digestAdd(digest, row.k, row.s), 0)
}

/** As written on the wire: eight hexadecimal digits. */
export function digestText(digest: number): string {
  return (digest >>> 0).toString(16).padStart(8, '0')
}
