/** Passkeys (WebAuthn) in the browser: the town's question in, the device's answer out. The private key never leaves the device. */
import { tell, type Told } from './calls';

type Kind = 'create' | 'get';
interface Described { id: string; type: 'public-key' }
interface Question { challenge: string; user?: { id: string }; excludeCredentials?: Described[]; allowCredentials?: Described[] }
/** What the town is told: as `PublicKeyCredential.toJSON()` writes it, which some browsers do not have yet. */
export type Credential = Record<string, unknown>;

const CANCELLED = 'Rien n’a changé : la demande a été annulée, ou a duré trop longtemps.';
const FAULTS: Record<string, string> = {
  InvalidStateError: 'Cet appareil a déjà une clé d’accès pour ce compte.',
  SecurityError: 'Les clés d’accès ne marchent pas à cette adresse.',
  NotSupportedError: 'Cet appareil ne sait pas faire de clé d’accès.',
};

const bytes = (text: string): ArrayBuffer => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0)).buffer;
const words = (buffer: ArrayBuffer | null): string | null =>
  buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const described = (all: Described[] = []): PublicKeyCredentialDescriptor[] => all.map((one) => ({ ...one, id: bytes(one.id) }));

/** Asks the town for its question (`path`, `body`), and the device for its answer. */
export async function answer(kind: Kind, path: string, body?: unknown): Promise<Told<Credential>> {
  const asked = await tell<Question>('POST', path, body ?? {});
  if (!asked.ok) return asked;
  try {
    const question = asked.body;
    const publicKey = {
      ...question,
      challenge: bytes(question.challenge),
      ...(question.user ? { user: { ...question.user, id: bytes(question.user.id) } } : {}),
      excludeCredentials: described(question.excludeCredentials),
      allowCredentials: described(question.allowCredentials),
    };
    const made = kind === 'create'
      ? await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })
      : await navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions });
    return { ok: true, body: told(made as PublicKeyCredential) };
  } catch (fault) {
    return { ok: false, code: 'passkey', message: FAULTS[(fault as Error).name] ?? CANCELLED, fields: {}, reasons: [] };
  }
}

function told(made: PublicKeyCredential): Credential {
  const said = made.response as Partial<AuthenticatorAttestationResponse & AuthenticatorAssertionResponse>;
  const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'] as const;
  const response = Object.fromEntries(parts.flatMap((part) => (said[part] === undefined ? [] : [[part, words(said[part])]])));
  return { id: made.id, rawId: words(made.rawId), type: made.type, response };
}
