/** Decodes the parts of a JWS in compact serialization (RFC 7515, section 7.1). */

/** Decodes a JSON object in base64url. Throws for anything else. */
export function decodeObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64url(text)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('not a JSON object');
  return value as Record<string, unknown>;
}

/** Decodes base64url without padding (RFC 7515, appendix C). Throws for any other text. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}
