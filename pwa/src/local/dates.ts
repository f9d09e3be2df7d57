// Dates as the rows write them. Civil dates are text; only instants are numbers.
export function monthsBetween(from: string, to: string): string[] {
  const months: string[] = [];
  let [year, month] = from.split('-').map(Number) as [number, number];
  for (let text = from.slice(0, 7); text <= to.slice(0, 7); ) {
    months.push(text);
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
    text = `${year}-${String(month).padStart(2, '0')}`;
  }
  return months;
}

/** A session is `<unit>:<YYYY-MM-DD>`. */
export function splitSession(session: string): { unit: string; date: string } {
  const at = session.lastIndexOf(':');
  return { unit: session.slice(0, at), date: session.slice(at + 1) };
}
