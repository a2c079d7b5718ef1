/** The list of tokens with what one does about it. */

import type { Role, TokenItem } from '../api-types';
import { pastedId, ROWS, seen, type Column, type Row, type View } from '../token-list';
import { words } from '../messages';
import type { usePages } from './use-token-pages';
import { Trouble, unless } from './components';
import { Table } from './token-table';

type List = ReturnType<typeof usePages>;

export function List(props: {
  rows: Row[];
  lists: List[];
  view: View;
  own: string;
  held: Role[] | null | undefined;
  onView: (change: Partial<View>) => void;
  onRefresh: () => void;
  onGenerate: () => void;
  onRevoke: (item: TokenItem) => void;
}) {
  const { lists, view, own, onView } = props;
  const failed = lists.find((list) => list.phase === 'failed');
  const denied = failed?.failure?.code === 'permission_denied' && props.rows.length === 0;
  const shown = seen(props.rows, view, own);
  const all = seen(props.rows, { ...view, search: '' }, own).length;
  const isLoading = lists.some((list) => list.phase === 'loading' || list.phase === 'idle');
  return (
    <>
      <div class="top">
        <div>
          <h1 tabIndex={-1}>{words.title}</h1>
          <p class="faint">{words.list.intro}</p>
        </div>
        {!denied && (
          <button type="button" class="primary" onClick={props.onGenerate}>
            {words.list.generate}
          </button>
        )}
      </div>
      {denied ? (
        <Denied why={failed.failure?.message ?? ''} held={props.held} />
      ) : (
        <>
          <Tools view={view} isLoading={isLoading} onView={onView} onRefresh={props.onRefresh} />
          <p class="count" role="status">
            {failed && props.rows.length === 0 ? '' : count(shown.length, all, view, isLoading)}
          </p>
          {failed && props.rows.length === 0 ? null : <Shown {...props} shown={shown} all={all} isLoading={isLoading} />}
          {failed?.failure && <Trouble title={words.list.failed} failure={failed.failure} retry={failed.goOn} />}
          <More lists={lists} />
        </>
      )}
    </>
  );
}

function count(found: number, all: number, view: View, isLoading: boolean): string {
  if (isLoading) return all > 0 ? words.list.loadingMore(all) : words.list.loading;
  return view.search.trim() ? words.list.found(found, all) : words.list.count(all);
}

function Tools(props: { view: View; isLoading: boolean; onView: (change: Partial<View>) => void; onRefresh: () => void }) {
  const { view, onView } = props;
  const search = (input: HTMLInputElement) => {
    // A whole token is taken for its id, and is not left there.
    input.value = pastedId(input.value) ?? input.value;
    onView({ search: input.value });
  };
  return (
    <div class="tools" role="search">
      <label class="search">
        <span class="label">{words.list.search}</span>
        <input
          type="search"
          value={view.search}
          placeholder={words.list.searchHint}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => search(event.currentTarget)}
        />
      </label>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={view.system}
          onChange={(event) => onView({ system: event.currentTarget.checked })}
        />
        <span>{words.list.system}</span>
      </label>
      <button type="button" {...unless(props.isLoading, props.onRefresh)}>
        {words.list.refresh}
      </button>
    </div>
  );
}

/** One page of the table, or why there is none. */
function Shown(props: {
  shown: Row[];
  all: number;
  view: View;
  own: string;
  isLoading: boolean;
  onView: (change: Partial<View>) => void;
  onGenerate: () => void;
  onRevoke: (item: TokenItem) => void;
}) {
  const { shown, view, onView } = props;
  const last = Math.max(0, Math.ceil(shown.length / ROWS) - 1);
  const page = Math.min(view.page, last);
  const sort = (column: Column) => {
    const again = view.column === column;
    onView({ column, descending: again ? !view.descending : column === 'created' || column === 'used' });
  };
  if (shown.length === 0) return <Nothing {...props} />;
  return (
    <>
      <Table
        rows={shown.slice(page * ROWS, (page + 1) * ROWS)}
        view={view}
        own={props.own}
        now={Date.now()}
        onSort={sort}
        onRevoke={props.onRevoke}
      />
      {last > 0 && (
        <nav class="pages" aria-label={words.list.pages}>
          <button type="button" {...unless(page === 0, () => onView({ page: page - 1 }))}>
            {words.list.previous}
          </button>
          <span role="status">{words.list.page(page * ROWS + 1, Math.min((page + 1) * ROWS, shown.length), shown.length)}</span>
          <button type="button" {...unless(page === last, () => onView({ page: page + 1 }))}>
            {words.list.next}
          </button>
        </nav>
      )}
    </>
  );
}

function Nothing(props: {
  all: number;
  view: View;
  isLoading: boolean;
  onView: (change: Partial<View>) => void;
  onGenerate: () => void;
}) {
  if (props.isLoading) return <div class="blank" />;
  return props.all > 0 || props.view.search.trim() ? (
    <div class="blank">
      <h2>{words.list.nothingFound}</h2>
      <p>{words.list.nothingFoundText}</p>
      <button
        type="button"
        onClick={() => {
          props.onView({ search: '' });
          document.querySelector<HTMLElement>('[type="search"]')?.focus();
        }}
      >
        {words.list.clear}
      </button>
    </div>
  ) : (
    <div class="blank">
      <h2>{words.list.empty}</h2>
      <p>{words.list.emptyText}</p>
      <button type="button" onClick={props.onGenerate}>
        {words.list.generate}
      </button>
    </div>
  );
}

/** Where so many were loaded that the rest waits to be asked for. */
function More({ lists }: { lists: List[] }) {
  const waiting = lists.find((list) => list.phase === 'done' && list.next !== undefined);
  if (!waiting) return null;
  return (
    <p class="count">
      {words.list.many(waiting.items.length)}{' '}
      <button type="button" onClick={waiting.goOn}>
        {words.list.loadMore}
      </button>
    </p>
  );
}

function Denied({ why, held }: { why: string; held: Role[] | null | undefined }) {
  const roles = held?.map((role) => role.name).join(', ');
  return (
    <div class="blank" role="alert">
      <h2>{words.list.denied}</h2>
      <p>{why}</p>
      {held && <p>{roles ? words.list.deniedRoles(roles) : words.list.deniedNoRoles}</p>}
    </div>
  );
}
