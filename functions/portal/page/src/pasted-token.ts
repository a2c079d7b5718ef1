/**
 * Identifies a pasted token. Anyone can write a JWT with the id of a token that is not theirs, so the signature is verified with the
 * published keys before the id is used. The token stays in the browser.
 */

import { decodeBase64url, decodeObject } from './jws';

/** The families of tokens, each with a key set of its own. */
export type TokenFamily = 'access' | 'public';

/** Returns the published keys of a family as a parsed JWK set (RFC 7517). Rejects if they cannot be loaded. */
export type LoadKeySet = (family: TokenFamily) => Promise<unknown>;

export type PastedToken =
  | { kind: 'valid'; id: string; expiresAt?: string | undefined }
  /** The token was not issued by this service, or was changed. */
  | { kind: 'invalid' }
  /** The signature cannot be verified now. */
  | { kind: 'unavailable' };

/** The service issues tokens of at most 6,000 bytes and reads 10,240. */
const MAX_TOKEN_CHARACTERS = 10_240;

/** Longest text of the search field: room for a line of a log with the longest token. */
export const MAX_SEARCH_CHARACTERS = 20_000;
/** The beginning of base64url-encoded JSON. */
const PART_OF_TOKEN = /eyJ[\w-]{10,}/;
const TOKEN = /[\w-]{10,}\.eyJ[\w-]+\.[\w-]*/;
const TOKEN_ID = /^(api|app|assume|journey|portal)_[\w-]{21}$/;
const PUBLIC_TOKEN_ID = /^(journey|portal)_/;

type ImportParameters = RsaHashedImportParams & EcKeyImportParams;
type VerifyParameters = AlgorithmIdentifier & EcdsaParams;

/** The algorithms that sign tokens, by the header parameter `alg` (RFC 7518, section 3.1). */
const ALGORITHMS: Record<string, { keyType: string; name: string; members: readonly (keyof JsonWebKey)[] }> = {
  RS256: { keyType: 'RSA', name: 'RSASSA-PKCS1-v1_5', members: ['n', 'e'] },
  ES256: { keyType: 'EC', name: 'ECDSA', members: ['crv', 'x', 'y'] },
};

/**
 * Returns the first complete token (JWT) in a text, such as a line of a log, or else what looks like a part of one, such as of a token
 * that a terminal has wrapped: neither may stay in the page. `undefined` if there is none.
 */
export function findToken(text: string): string | undefined {
  const examined = text.slice(0, MAX_SEARCH_CHARACTERS);
  return TOKEN.exec(examined)?.[0] ?? PART_OF_TOKEN.exec(examined)?.[0];
}

/** Verifies the signature of a token and returns its id. An expired token is valid, because it can still be identified. */
export async function identifyToken(token: string, loadKeySet: LoadKeySet): Promise<PastedToken> {
  const parsed = parseToken(token);
  if (!parsed) return { kind: 'invalid' };
  try {
    // The family follows from the id, which the signature of a key of that family then confirms.
    const keySet = await loadKeySet(PUBLIC_TOKEN_ID.test(parsed.id) ? 'public' : 'access');
    const key = findKey(keySet, parsed.keyId);
    if (!key || !(await hasValidSignature(parsed, key))) return { kind: 'invalid' };
    return { kind: 'valid', id: parsed.id, expiresAt: parsed.expiresAt };
  } catch {
    return { kind: 'unavailable' };
  }
}

interface ParsedToken {
  algorithm: string;
  keyId: string;
  id: string;
  expiresAt: string | undefined;
  signedBytes: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** Reads a JWS in compact serialization (RFC 7515, section 7.1); `undefined` if it cannot be a token of this service. */
function parseToken(token: string): ParsedToken | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
  const [headerPart = '', claimsPart = '', signaturePart = ''] = token.split('.');
  try {
    const header = decodeObject(headerPart);
    const claims = decodeObject(claimsPart);
    const { alg: algorithm, kid: keyId } = header;
    const { jti: id, exp } = claims;
    const isKnown = typeof algorithm === 'string' && Object.hasOwn(ALGORITHMS, algorithm) && typeof keyId === 'string';
    // `crit` lists extensions that must be understood, and there are none (RFC 7515, section 4.1.11).
    if (!isKnown || 'crit' in header || typeof id !== 'string' || !TOKEN_ID.test(id)) return undefined;
    const expiresAt = typeof exp === 'number' ? new Date(exp * 1_000).toISOString() : undefined;
    const signedBytes = new TextEncoder().encode(`${headerPart}.${claimsPart}`);
    return { algorithm, keyId, id, expiresAt, signedBytes, signature: decodeBase64url(signaturePart) };
  } catch {
    return undefined;
  }
}

/** Returns the key with this id. Throws if the response is not a JWK set. */
function findKey(keySet: unknown, keyId: string): (JsonWebKey & { kid?: string }) | undefined {
  return (keySet as { keys: (JsonWebKey & { kid?: string })[] }).keys.find((key) => key.kid === keyId);
}

/** Verifies with the key's own algorithm only, so that the header of the token cannot choose one. */
async function hasValidSignature(token: ParsedToken, key: JsonWebKey): Promise<boolean> {
  const algorithm = ALGORITHMS[token.algorithm];
  if (!algorithm || key.kty !== algorithm.keyType || key.alg !== token.algorithm) return false;
  const publicKey = Object.fromEntries([['kty', key.kty], ...algorithm.members.map((member) => [member, key[member]])]);
  const parameters: ImportParameters & VerifyParameters = { name: algorithm.name, hash: 'SHA-256', namedCurve: 'P-256' };
  const imported = await crypto.subtle.importKey('jwk', publicKey as JsonWebKey, parameters, false, ['verify']);
  return crypto.subtle.verify(parameters, imported, token.signature, token.signedBytes);
}
