/** Rotation of a token: the form, the request that it sends, and when a rotated token ends. Contains no secret. */

import type { RotateTokenRequest, TokenItem } from './api-types';
import { isSelectable, secondsUntil, type Expiration } from './expiration';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** The overlaps that the form offers, in seconds. The API accepts up to 30 days. */
export const OVERLAPS_SECONDS = [0, HOUR_SECONDS, DAY_SECONDS, 7 * DAY_SECONDS, 30 * DAY_SECONDS];

const DEFAULT_OVERLAP_SECONDS = DAY_SECONDS;

/** The longest lifetime of types other than `api`. */
const MAX_LIFETIME_OF_TYPE_SECONDS = 7 * DAY_SECONDS;

/** Requests with the old token are accepted for this time after the first use of its successor. */
const GRACE_MS = 60_000;

/** What the user entered. */
export interface RotationDraft {
  overlapSeconds: number;
  expiration: Expiration;
}

/** The form for the rotation of a token. */
export interface RotationForm {
  item: TokenItem;
  draft: RotationDraft;
  /** The request whose outcome is unknown. Only the same request returns the same successor, so that the form is then fixed. */
  pendingRequest?: RotateTokenRequest | undefined;
}

/**
 * Returns the form for a token. For a token that is already rotated, it has the overlap of that rotation, with which the API returns
 * the same successor.
 */
export function rotationForm(item: TokenItem): RotationForm {
  const overlap = item.ends_at && item.rotated_at ? (Date.parse(item.ends_at) - Date.parse(item.rotated_at)) / 1_000 : undefined;
  const offered = OVERLAPS_SECONDS.find((seconds) => seconds === overlap);
  return { item, draft: { overlapSeconds: offered ?? DEFAULT_OVERLAP_SECONDS, expiration: { kind: 'unchanged' } } };
}

/** Codes with which the API answers that no successor can be received any more, also after a request whose outcome is unknown. */
const FINAL_ERROR_CODES = ['already_rotated', 'token_inactive'];

/** Whether the API has answered that the rotation is impossible, so that the list is out of date. */
export function isFinalError(code: string): boolean {
  return FINAL_ERROR_CODES.includes(code);
}

/** Returns the request whose outcome is still unknown after this error. A rejected retry says nothing about the first request. */
export function pendingAfterError(form: RotationForm, request: RotateTokenRequest, code: string): RotateTokenRequest | undefined {
  if (isFinalError(code)) return undefined;
  return code === 'connection' ? request : form.pendingRequest;
}

/** Returns the maximum lifetime of a successor in seconds; `null` if there is none. `maxLifetime` is the operator's maximum. */
export function maxSuccessorLifetime(item: TokenItem, maxLifetime: number | null): number | null {
  if (item.token_type === 'api') return maxLifetime;
  return Math.min(maxLifetime ?? Infinity, MAX_LIFETIME_OF_TYPE_SECONDS);
}

/** Whether the request can contain a lifetime. That of a token of type `assume` is fixed. */
export function hasSelectableLifetime(item: TokenItem): boolean {
  return item.token_type !== 'assume';
}

export function isValidRotation({ item, draft }: RotationForm, maxLifetime: number | null, now: number): boolean {
  return isSelectable(draft.expiration, maxSuccessorLifetime(item, maxLifetime), now);
}

/** Returns the request of the form; the pending one is repeated with the same values. */
export function rotationRequest({ draft, pendingRequest }: RotationForm, now: number): RotateTokenRequest {
  if (pendingRequest) return pendingRequest;
  const lifetime = secondsUntil(draft.expiration, now);
  return { overlap: draft.overlapSeconds, ...(lifetime !== undefined && { expires_in: lifetime }) };
}

/** Returns when a successor with an unchanged lifetime expires at the latest; `undefined` if it does not expire. */
export function unchangedExpiration(item: TokenItem, maxLifetime: number | null, now: number): number | undefined {
  const length = item.expires_at ? Date.parse(item.expires_at) - Date.parse(item.created_at) : Infinity;
  const end = now + Math.min(length, (maxLifetime ?? Infinity) * 1_000);
  return Number.isFinite(end) ? end : undefined;
}

/** Returns when the rotated token ends at the latest with this overlap. */
export function overlapEnd(item: TokenItem, overlapSeconds: number, now: number): number {
  const ownEnd = item.expires_at ? Date.parse(item.expires_at) : Infinity;
  return Math.min(now + overlapSeconds * 1_000, ownEnd);
}

/** Returns the members that the rotation has added to the rotated token, until the list contains them. */
export function rotatedMembers(item: TokenItem, successor: TokenItem, overlapSeconds: number): Partial<TokenItem> {
  if (item.successor === successor.id) return {};
  const endsAt = overlapEnd(item, overlapSeconds, Date.parse(successor.created_at));
  return { successor: successor.id, rotated_at: successor.created_at, ends_at: new Date(endsAt).toISOString() };
}

/** Returns when a rotated token ends at the latest, as far as the first use of its successor is known. */
export function endOfRotated(item: TokenItem, successor: TokenItem | undefined): string | undefined {
  if (!item.ends_at || !successor?.first_used_at) return item.ends_at;
  const endOfGrace = Date.parse(successor.first_used_at) + GRACE_MS;
  return endOfGrace < Date.parse(item.ends_at) ? new Date(endOfGrace).toISOString() : item.ends_at;
}

/**
 * Whether the API can rotate the token. If it is already rotated, the same user receives the same successor, until that one is used
 * or rotated.
 */
export function isRotatable(item: TokenItem, successor: TokenItem | undefined, ownPrincipal: string): boolean {
  if (item.successor === undefined) return true;
  const isUnused = successor !== undefined && successor.first_used_at === undefined && successor.successor === undefined;
  return isUnused && successor.revoked_at === undefined && successor.rotated_by === ownPrincipal;
}
