/** Loading a list page by page. */

import { useEffect, useRef, useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { TokenItem, TokenType } from '../api-types';

/** After how many tokens loading waits to be asked for more. */
const ENOUGH = 10_000;

/** What is known of a list. */
export interface Pages {
  items: TokenItem[];
  phase: 'idle' | 'loading' | 'done' | 'failed';
  failure?: ApiError;
  /** The query of the next page, where there is one. */
  next?: string | undefined;
}

/** The tokens of some types, loaded from when they are wanted on. */
export function usePages(api: ApiClient, types: TokenType[], wanted: boolean) {
  const [pages, setPages] = useState<Pages>({ items: [], phase: 'idle' });
  const run = useRef(0);

  const load = async (first: string, before: TokenItem[]) => {
    const mine = ++run.current;
    setPages((now) => ({ items: now.items, phase: 'loading' }));
    let [items, next]: [TokenItem[], string | undefined] = [before, first];
    try {
      do {
        const page = await api.listTokens(next);
        if (mine !== run.current) return;
        [items, next] = [[...items, ...page.items], page.next];
        const goesOn = next !== undefined && items.length < before.length + ENOUGH;
        setPages({ items, phase: goesOn ? 'loading' : 'done', next });
        if (!goesOn) return;
      } while (next !== undefined);
    } catch (error) {
      if (mine === run.current) setPages((now) => ({ items: now.items, phase: 'failed', failure: error as ApiError, next: items.length > 0 ? next : undefined }));
    }
  };
  const refresh = () => void load(`token_type=${types.join(',')}&limit=1000`, []);
  /** Goes on where loading has stopped, whether by a failure or because it was enough. */
  const goOn = () => (pages.next === undefined ? refresh() : void load(pages.next, pages.items));

  useEffect(() => {
    if (wanted && pages.phase === 'idle') refresh();
  }, [wanted]);
  return { ...pages, refresh, goOn };
}
