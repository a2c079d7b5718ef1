/** What the signed-in user may do with tokens. It determines what the page offers; the API decides each request itself. */

import type { TokenItem } from './api-types';

/** The permissions on tokens, of which `token:create` implies the others. */
export const TOKEN_ACTIONS = ['token:create', 'token:view', 'token:revoke', 'token:self'] as const;

export type TokenAction = (typeof TOKEN_ACTIONS)[number];

/** The tokens for which a permission applies. */
type Scope = 'organization' | 'own' | 'none';

export interface TokenAccess {
  /** To create, rotate and change tokens. */
  manage: Scope;
  view: Scope;
  revoke: Scope;
}

/** The access for which the page offers everything: that of `token:create`, and that of a user whose access is unknown. */
export const FULL_ACCESS: TokenAccess = { manage: 'organization', view: 'organization', revoke: 'organization' };

/** Returns the access of a user for whom the API decided these actions, as the rules of the API's routes determine it. */
export function tokenAccess(decisions: Record<TokenAction, boolean>): TokenAccess {
  const scope = (action: TokenAction): Scope => (decisions[action] ? 'organization' : decisions['token:self'] ? 'own' : 'none');
  return {
    manage: scope('token:create'),
    view: scope('token:view'),
    revoke: scope('token:revoke'),
  };
}

/** Whether the page offers to revoke the token. */
export function mayRevoke(access: TokenAccess, item: TokenItem, ownPrincipal: string): boolean {
  return includes(access.revoke, item, ownPrincipal);
}

/** Whether the page offers to change the token's name and description. */
export function mayEdit(access: TokenAccess, item: TokenItem, ownPrincipal: string): boolean {
  return includes(access.manage, item, ownPrincipal);
}

/** Whether the page offers to rotate the token, of a family whose tokens the user can create. */
export function mayRotate(access: TokenAccess, item: TokenItem, ownPrincipal: string): boolean {
  const isPublic = item.token_type === 'journey' || item.token_type === 'portal';
  return includes(access.manage, item, ownPrincipal) && (access.manage === 'organization' || !isPublic);
}

function includes(scope: Scope, item: TokenItem, ownPrincipal: string): boolean {
  return scope === 'organization' || (scope === 'own' && item.owner === ownPrincipal);
}
