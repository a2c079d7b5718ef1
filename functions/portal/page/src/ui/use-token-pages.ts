/** Hook that loads the token list page by page. */

import { useEffect, useRef, useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { TokenItem, TokenType } from '../api-types';

/** The API's maximum number of tokens per page. */
const TOKENS_PER_REQUEST = 1_000;

/** Loading pauses after this number of tokens until the user requests more, to bound memory and requests. */
const MAX_TOKENS_PER_LOAD = 10_000;

interface LoadState {
  items: TokenItem[];
  phase: 'idle' | 'loading' | 'done' | 'failed';
  error?: ApiError;
  /** Query of the next page, if there is one. */
  next?: string | undefined;
  /** When the load started whose first page was the last to arrive, in milliseconds since 1970. */
  loadedAt?: number | undefined;
}

/** The loaded tokens of some types, and the actions on them. */
export interface TokenPages extends LoadState {
  refresh: () => void;
  /** Continues after the last loaded page, both after a failure and after the limit of one load. */
  loadMore: () => void;
}

/** Loads the tokens of these types as soon as `isEnabled` is true. */
export function useTokenPages(api: ApiClient, types: TokenType[], isEnabled: boolean): TokenPages {
  const [state, setState] = useState<LoadState>({ items: [], phase: 'idle' });
  // Number of the current load; a newer load supersedes the responses of an older one.
  const currentLoad = useRef(0);

  const load = async (firstQuery: string, loadedItems: TokenItem[]) => {
    const thisLoad = ++currentLoad.current;
    const isReload = loadedItems.length === 0;
    const startedAt = Date.now();
    setState(({ items, loadedAt }) => ({ items, loadedAt, phase: 'loading' }));
    let items = loadedItems;
    let next: string | undefined = firstQuery;
    try {
      do {
        const page = await api.listTokens(next);
        if (thisLoad !== currentLoad.current) return;
        items = [...items, ...page.items];
        next = page.next;
        const continues = next !== undefined && items.length < loadedItems.length + MAX_TOKENS_PER_LOAD;
        setState((state) => ({
          items,
          loadedAt: isReload ? startedAt : state.loadedAt,
          phase: continues ? 'loading' : 'done',
          next,
        }));
        if (!continues) return;
      } while (next !== undefined);
    } catch (error) {
      if (thisLoad !== currentLoad.current) return;
      const retryFrom = items.length > 0 ? next : undefined;
      setState(({ items, loadedAt }) => ({ items, loadedAt, phase: 'failed', error: error as ApiError, next: retryFrom }));
    }
  };
  const refresh = () => void load(`token_type=${types.join(',')}&limit=${TOKENS_PER_REQUEST}`, []);
  const loadMore = () => (state.next === undefined ? refresh() : void load(state.next, state.items));

  useEffect(() => {
    if (isEnabled && state.phase === 'idle') refresh();
  }, [isEnabled]);
  return { ...state, refresh, loadMore };
}
