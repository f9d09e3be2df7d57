// Talking to the town over an untrusted line: a time limit, and only answers that are certainly its own.

export type Refusal = { code: string; message: string; facts: Record<string, unknown> };
/** What came back, read to its end; status 0: nothing did. */
export interface Raw { status: number; type: string | null; text: string | null; retryAfter: string | null; roundTrip: number; why: string }
/** `unreachable`: no network, too slow, a captive portal, or an answer that is not the town's. */
export type Answer<T> =
  | { kind: 'ok'; body: T; roundTrip: number }
  | { kind: 'refused'; status: number; refusal: Refusal; retryAfter: number | null }
  | { kind: 'unreachable'; why: string };

const TIME_LIMIT = 20_000;

/** One request, its answer as it came. Redirects are refused: a captive portal redirects, the town does not. */
export async function ask(method: string, path: string, body?: unknown): Promise<Raw> {
  const started = performance.now();
  try {
    const response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: 'error',
      cache: 'no-store',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
    const headers = response.headers;
    const text = await response.text();
    const roundTrip = performance.now() - started;
    return { status: response.status, type: headers.get('content-type'), text, retryAfter: headers.get('retry-after'), roundTrip, why: '' };
  } catch (fault) {
    return { status: 0, type: null, text: null, retryAfter: null, roundTrip: 0, why: (fault as Error).name };
  }
}

/** An answer of the town that is not one of `ask`, read in the same way. */
export async function read<T>(response: Response): Promise<Answer<T>> {
  return meaning<T>({
    status: response.status, type: response.headers.get('content-type'), text: await response.text(),
    retryAfter: response.headers.get('retry-after'), roundTrip: 0, why: '',
  });
}

/** A JSON call outside the exchange. A refusal counts only in the town's own shape; anything else came from something in between. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  return meaning<T>(await ask(method, path, body));
}

function meaning<T>(raw: Raw): Answer<T> {
  if (raw.status === 0) return { kind: 'unreachable', why: raw.why };
  if (raw.status === 204) return { kind: 'ok', body: undefined as T, roundTrip: raw.roundTrip };
  const answer = parsed(raw);
  if (answer && raw.status < 300) return { kind: 'ok', body: answer as T, roundTrip: raw.roundTrip };
  const error = (answer as { error?: Partial<Refusal> } | null)?.error;
  if (typeof error?.code !== 'string') return { kind: 'unreachable', why: `status ${raw.status} of an unknown shape` };
  const refusal = { code: error.code, message: error.message ?? '', facts: error.facts ?? {} };
  return { kind: 'refused', status: raw.status, refusal, retryAfter: Number(raw.retryAfter) > 0 ? Number(raw.retryAfter) * 1000 : null };
}

function parsed(raw: Raw): object | null {
  if (!/^application\/json\b/.test(raw.type ?? '')) return null;
  try {
    const answer: unknown = JSON.parse(raw.text ?? '');
    return typeof answer === 'object' ? answer : null;
  } catch {
    return null;
  }
}
