/** Hook that loads what the signed-in user may do with tokens. */

import { useEffect, useState } from 'preact/hooks';

import type { ApiClient } from '../api';
import { FULL_ACCESS, TOKEN_ACTIONS, tokenAccess, type TokenAccess, type TokenAction } from '../token-access';

/**
 * Returns the access of the user; `undefined` while it loads. If it is unknown, the page offers everything, because the API decides
 * each request itself.
 */
export function useTokenAccess(api: ApiClient): TokenAccess | undefined {
  const [access, setAccess] = useState<TokenAccess>();
  useEffect(() => {
    loadTokenAccess(api).then(setAccess, () => setAccess(FULL_ACCESS));
  }, [api]);
  return access;
}

async function loadTokenAccess(api: ApiClient): Promise<TokenAccess> {
  const decide = async (action: TokenAction) => [action, await api.decide(action)] as const;
  const decisions = await Promise.all(TOKEN_ACTIONS.map(decide));
  if (decisions.some(([, isAllowed]) => isAllowed === undefined)) return FULL_ACCESS;
  return tokenAccess(Object.fromEntries(decisions) as Record<TokenAction, boolean>);
}
