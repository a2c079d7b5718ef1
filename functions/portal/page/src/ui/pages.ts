/** Loading a list page by page. */

import { useEffect, useRef, useState } from 'preact/hooks';

import type { Api, Failure, Item, TokenType } from '../api';

/** After how many tokens loading waits to be asked for more. */
const ENOUGH = 10_000;

/** What is known of a list. */
export interface Pages {
  items: Item[];
  phase: 'idle' | 'loading' | 'done' | 'failed';
  failure?: Failure;
  /** The query of the next page, where there is one. */
  next?: string | undefined;
}

/** The tokens of some types, loaded from when they are wanted on. */
export function usePages(api: Api, types: TokenType[], wanted: boolean) {
  const [pages, setPages] = useState<Pages>({ items: [], phase: 'idle' });
  const run = useRef(0);

  const load = async (first: string, before: Item[]) => {
    const mine = ++run.current;
    setPages((now) => ({ items: now.items, phase: 'loading' }));
    let [items, next]: [Item[], string | undefined] = [before, first];
    try {
      do {
        const page = await api.list(next);
        if (mine !== run.current) return;
        [items, next] = [[...items, ...page.items], page.next];
        const goesOn = next !== undefined && items.length < before.length + ENOUGH;
        setPages({ items, phase: goesOn ? 'loading' : 'done', next });
        if (!goesOn) return;
      } while (next !== undefined);
    } catch (error) {
      if (mine === run.current) setPages((now) => ({ items: now.items, phase: 'failed', failure: error as Failure, next: items.length > 0 ? next : undefined }));
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
