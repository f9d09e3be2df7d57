// Names made on this device: sortable by time, 80 random bits, so that two phones never make the same.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID with its kind in front: `r_01JD…`. */
export function makeId(kind: 'r' | 'q' | 'g' | 'o' | 'ct' | 't' | 'm' | 'f'): string {
  let time = Date.now();
  let head = '';
  for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) head = ALPHABET[time % 32] + head;
  return `${kind}_${head}${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => ALPHABET[byte % 32]).join('')}`;
}
