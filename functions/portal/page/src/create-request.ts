/** State and validation of the form for a new token, and the idempotent request that it sends. Contains no secret. */

import type { CreateTokenRequest } from './api-types';
import { defaultExpiration, isSelectable, secondsUntil, type Expiration } from './expiration';
import { messages } from './messages';
import {
  emptyRestrictions,
  requestedGrants,
  requestedNetworks,
  validateRestrictions,
  type RestrictionErrors,
  type RestrictionsDraft,
} from './restrictions';
import { requestedDescription, validateTexts, type TextErrors, type TextsDraft } from './token-texts';

/** What the user entered into the form. */
export interface TokenDraft extends TextsDraft {
  /** Role ids. */
  roles: string[];
  expiration: Expiration;
  readOnly: boolean;
  renewable: boolean;
  restrictions: RestrictionsDraft;
}

/** A request that was sent at least once. */
export interface IdempotentRequest {
  draft: TokenDraft;
  body: CreateTokenRequest;
  /** Value of the `Idempotency-Key` header. */
  key: string;
}

/** Error message of each invalid field. */
export type FieldErrors = TextErrors & { [field in 'roles' | 'date']?: string } & { restrictions?: RestrictionErrors };

/** Returns an empty form. `maxLifetime` is the operator's maximum in seconds. */
export function emptyDraft(maxLifetime: number | null): TokenDraft {
  const expiration = defaultExpiration(maxLifetime);
  const texts = { name: '', description: '' };
  return { ...texts, roles: [], expiration, readOnly: false, renewable: false, restrictions: emptyRestrictions() };
}

export function validateDraft(draft: TokenDraft, maxLifetime: number | null, now: number): FieldErrors {
  const errors: FieldErrors = validateTexts(draft);
  if (draft.roles.length === 0) errors.roles = messages.createToken.rolesMissing;
  if (!isSelectable(draft.expiration, maxLifetime, now)) errors.date = messages.createToken.dateInvalid;
  const restrictions = validateRestrictions(draft.restrictions);
  if (Object.keys(restrictions).length > 0) errors.restrictions = restrictions;
  return errors;
}

/**
 * Returns the request for a draft. An unchanged draft reuses `previous` with its key, so that a retry after a lost response
 * does not create a second token.
 */
export function prepareRequest(draft: TokenDraft, previous: IdempotentRequest | undefined, now: number): IdempotentRequest {
  if (previous && isSameDraft(previous.draft, draft)) return previous;
  return { draft, body: requestBody(draft, now), key: crypto.randomUUID() };
}

export function isSameDraft(a: TokenDraft | undefined, b: TokenDraft): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function requestBody(draft: TokenDraft, now: number): CreateTokenRequest {
  const body: CreateTokenRequest = { name: draft.name.trim(), assignments: draft.roles };
  const description = requestedDescription(draft);
  if (description !== '') body.description = description;
  const lifetime = secondsUntil(draft.expiration, now);
  if (lifetime !== undefined) body.expires_in = lifetime;
  if (draft.readOnly) body.read_only = true;
  if (draft.renewable) body.renewable = true;
  const grants = requestedGrants(draft.restrictions);
  if (grants.length > 0) body.grants = grants;
  const networks = requestedNetworks(draft.restrictions);
  if (networks.length > 0) body.allowed_cidrs = networks;
  return body;
}
