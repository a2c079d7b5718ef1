/** Finds the claim that identifies the user in the token that the page sends, as the authorizer does. */

import { decodeObject } from './jws';

type Json = Record<string, unknown>;

/** Returns the claim with the configured name in the payload of a JWT; empty if the token has no such text. */
export function readUserClaim(token: string, name: string): string {
  try {
    const value = findClaim(decodeObject(token.split('.')[1] ?? ''), name);
    return typeof value === 'string' ? value : '';
  } catch {
    // The token is not a JWT, so the API rejects it.
    return '';
  }
}

/**
 * A claim of exactly that name is used first, because names may contain dots and slashes. Otherwise a name that begins with `/` is a
 * JSON Pointer (RFC 6901), and dots separate nested members.
 */
function findClaim(claims: Json, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  const isPointer = name.startsWith('/');
  const path = isPointer ? name.slice(1).split('/').map(unescapePointer) : name.split('.');
  return path.reduce<unknown>((value, step) => member(value, step, isPointer), claims);
}

function member(value: unknown, step: string, isPointer: boolean): unknown {
  const isContainer = typeof value === 'object' && value !== null && (isPointer || !Array.isArray(value));
  return isContainer && Object.hasOwn(value, step) ? (value as Json)[step] : undefined;
}

const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');
