/** What the signed-in user may do with tokens. It determines what the page offers; the API decides each request itself. */

import type { TokenItem } from './api-types';

/** The permissions on tokens, of which `token:create` implies the others. */
export const TOKEN_ACTIONS = ['token:create', 'token:view', 'token:revoke', 'token:self'] as const;

export type TokenAction = (typeof TOKEN_ACTIONS)[number];

/** The tokens for which a permission applies. */
type Scope = 'organization' | 'own' | 'none';

export interface TokenAccess {
  canCreate: boolean;
  view: Scope;
  revoke: Scope;
}

/** The access for which the page offers everything: that of `token:create`, and that of a user whose access is unknown. */
export const FULL_ACCESS: TokenAccess = { canCreate: true, view: 'organization', revoke: 'organization' };

/** Returns the access of a user for whom the API decided these actions, as the rules of the API's routes determine it. */
export function tokenAccess(decisions: Record<TokenAction, boolean>): TokenAccess {
  const scope = (action: TokenAction): Scope => (decisions[action] ? 'organization' : decisions['token:self'] ? 'own' : 'none');
  return {
    canCreate: decisions['token:create'] || decisions['token:self'],
    view: scope('token:view'),
    revoke: scope('token:revoke'),
  };
}

/** Whether the page offers to revoke the token. */
export function mayRevoke(access: TokenAccess, item: TokenItem, ownPrincipal: string): boolean {
  return access.revoke === 'organization' || (access.revoke === 'own' && item.owner === ownPrincipal);
}
