/** Restrictions of a new token in addition to its roles: grants and networks, and their validation. */

import type { Grant } from './api-types';
import { messages } from './messages';
import { parseNetwork } from './network';

/** The API's limits. */
export const MAX_GRANTS = 20;
const MAX_GRANTS_BYTES = 1_024;
export const MAX_NETWORKS = 20;

/** An action, in which `*` stands for any characters. */
const ACTION_PATTERN = /^[A-Za-z0-9_.:*-]{1,128}$/;

/** What the user entered for one grant. */
export interface GrantDraft {
  action: string;
  /** Empty: every resource. */
  resource: string;
}

/** What the user entered as restrictions. */
export interface RestrictionsDraft {
  grants: GrantDraft[];
  /** Addresses and networks, separated by white space or commas. */
  addresses: string;
}

/** Error message of each invalid restriction. */
export interface RestrictionErrors {
  /** By the index of the grant. */
  actions?: Record<number, string>;
  grants?: string;
  addresses?: string;
}

/** Returns no restrictions. */
export function emptyRestrictions(): RestrictionsDraft {
  return { grants: [], addresses: '' };
}

export function validateRestrictions(draft: RestrictionsDraft): RestrictionErrors {
  const actions = draft.grants.flatMap(({ action }, index) => {
    const error = actionError(action.trim());
    return error === undefined ? [] : [[index, error] as const];
  });
  const grants = grantsError(draft);
  const addresses = addressesError(requestedNetworks(draft));
  return {
    ...(actions.length > 0 && { actions: Object.fromEntries(actions) }),
    ...(grants !== undefined && { grants }),
    ...(addresses !== undefined && { addresses }),
  };
}

/** Returns the grants of the request; empty if the token is not limited to grants. */
export function requestedGrants(draft: RestrictionsDraft): Grant[] {
  return draft.grants.map(({ action, resource }) => {
    const grant = { action: action.trim() };
    return resource.trim() === '' ? grant : { ...grant, resource: resource.trim() };
  });
}

/** Returns the networks of the request as they were entered; empty if the token is not bound to networks. */
export function requestedNetworks(draft: RestrictionsDraft): string[] {
  return draft.addresses.split(/[\s,]+/).filter((text) => text !== '');
}

/** Returns the networks of the request in canonical form, as the API returns them: without invalid ones and duplicates. */
export function canonicalNetworks(draft: RestrictionsDraft): string[] {
  const parsed = requestedNetworks(draft).map(parseNetwork);
  return [...new Set(parsed.flatMap((network) => (network.kind === 'network' ? [network.text] : [])))];
}

function actionError(action: string): string | undefined {
  if (action === '') return messages.restrictions.actionMissing;
  return ACTION_PATTERN.test(action) ? undefined : messages.restrictions.actionInvalid;
}

function grantsError(draft: RestrictionsDraft): string | undefined {
  if (draft.grants.length > MAX_GRANTS) return messages.restrictions.tooManyGrants(MAX_GRANTS);
  const bytes = new TextEncoder().encode(JSON.stringify(requestedGrants(draft))).length;
  return bytes > MAX_GRANTS_BYTES ? messages.restrictions.grantsTooLong(MAX_GRANTS_BYTES) : undefined;
}

function addressesError(networks: string[]): string | undefined {
  if (networks.length > MAX_NETWORKS) return messages.restrictions.tooManyNetworks(MAX_NETWORKS);
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network.kind === 'malformed') return messages.restrictions.networkMalformed(text);
    if (network.kind === 'host-bits') return messages.restrictions.networkHostBits(text, network.network);
    if (network.kind === 'short-mapped-prefix') return messages.restrictions.networkShortMappedPrefix(text);
  }
  return undefined;
}
