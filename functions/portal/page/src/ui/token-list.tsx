/** The token list: search, filter, table, paging, and what the page shows in place of the table. */

import type { Role, TokenItem } from '../api-types';
import { messages } from '../messages';
import { filterAndSort, idFromPastedToken, ROWS_PER_PAGE, type Column, type ListOptions, type TokenRow } from '../token-list';
import { disabledWhile, ErrorNotice } from './components';
import { TokenTable } from './token-table';
import type { TokenPages } from './use-token-pages';

interface ListActions {
  onOptionsChange: (change: Partial<ListOptions>) => void;
  onCreate: () => void;
  onRevoke: (item: TokenItem) => void;
}

export function TokenList(
  props: ListActions & {
    rows: TokenRow[];
    /** The loads of which `rows` are the result. */
    loads: TokenPages[];
    options: ListOptions;
    ownPrincipal: string;
    ownRoles: Role[] | null | undefined;
    onRefresh: () => void;
  },
) {
  const { rows, loads, options, ownPrincipal, onOptionsChange } = props;
  const failedLoad = loads.find((load) => load.phase === 'failed');
  const hasNothingToShow = failedLoad !== undefined && rows.length === 0;
  const isDenied = hasNothingToShow && failedLoad.error?.code === 'permission_denied';
  const matchingRows = filterAndSort(rows, options, ownPrincipal);
  const totalCount = filterAndSort(rows, { ...options, search: '' }, ownPrincipal).length;
  const isLoading = loads.some((load) => load.phase === 'loading' || load.phase === 'idle');
  return (
    <>
      <div class="page-header">
        <div>
          <h1 tabIndex={-1}>{messages.title}</h1>
          <p class="muted">{messages.list.intro}</p>
        </div>
        {!isDenied && (
          <button type="button" class="primary" onClick={props.onCreate}>
            {messages.list.createToken}
          </button>
        )}
      </div>
      {isDenied ? (
        <PermissionDenied reason={failedLoad.error?.message ?? ''} ownRoles={props.ownRoles} />
      ) : (
        <>
          <Toolbar options={options} isLoading={isLoading} onOptionsChange={onOptionsChange} onRefresh={props.onRefresh} />
          <p class="count" role="status">
            {hasNothingToShow ? '' : countText(matchingRows.length, totalCount, options, isLoading)}
          </p>
          {hasNothingToShow ? null : (
            <ListPage {...props} matchingRows={matchingRows} totalCount={totalCount} isLoading={isLoading} />
          )}
          {failedLoad?.error && <ErrorNotice title={messages.list.failed} error={failedLoad.error} onRetry={failedLoad.loadMore} />}
          <LoadMore loads={loads} />
        </>
      )}
    </>
  );
}

function countText(matchCount: number, totalCount: number, options: ListOptions, isLoading: boolean): string {
  if (isLoading) return totalCount > 0 ? messages.list.loadingMore(totalCount) : messages.list.loading;
  return options.search.trim() ? messages.list.matchCount(matchCount, totalCount) : messages.list.count(totalCount);
}

function Toolbar(props: {
  options: ListOptions;
  isLoading: boolean;
  onOptionsChange: (change: Partial<ListOptions>) => void;
  onRefresh: () => void;
}) {
  const { options, onOptionsChange } = props;
  const search = (input: HTMLInputElement) => {
    // A pasted token is replaced by its id at once, so that it does not stay visible.
    input.value = idFromPastedToken(input.value) ?? input.value;
    onOptionsChange({ search: input.value });
  };
  return (
    <div class="toolbar" role="search">
      <label class="search">
        <span class="label">{messages.list.search}</span>
        <input
          type="search"
          value={options.search}
          placeholder={messages.list.searchHint}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => search(event.currentTarget)}
        />
      </label>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={options.showSystemTokens}
          onChange={(event) => onOptionsChange({ showSystemTokens: event.currentTarget.checked })}
        />
        <span>{messages.list.showSystemTokens}</span>
      </label>
      <button type="button" {...disabledWhile(props.isLoading, props.onRefresh)}>
        {messages.list.refresh}
      </button>
    </div>
  );
}

/** One page of the table with its paging buttons, or the reason why the table is empty. */
function ListPage(
  props: ListActions & {
    matchingRows: TokenRow[];
    totalCount: number;
    options: ListOptions;
    ownPrincipal: string;
    isLoading: boolean;
  },
) {
  const { matchingRows, options, onOptionsChange } = props;
  const lastPage = Math.max(0, Math.ceil(matchingRows.length / ROWS_PER_PAGE) - 1);
  const page = Math.min(options.page, lastPage);
  const firstRow = page * ROWS_PER_PAGE;
  const endRow = firstRow + ROWS_PER_PAGE;
  const sort = (column: Column) => {
    const isSameColumn = options.column === column;
    onOptionsChange({ column, descending: isSameColumn ? !options.descending : column === 'created' || column === 'used' });
  };
  if (matchingRows.length === 0) return <EmptyList {...props} />;
  return (
    <>
      <TokenTable
        rows={matchingRows.slice(firstRow, endRow)}
        options={options}
        ownPrincipal={props.ownPrincipal}
        now={Date.now()}
        onSort={sort}
        onRevoke={props.onRevoke}
      />
      {lastPage > 0 && (
        <nav class="pages" aria-label={messages.list.pages}>
          <button type="button" {...disabledWhile(page === 0, () => onOptionsChange({ page: page - 1 }))}>
            {messages.list.previous}
          </button>
          <span role="status">
            {messages.list.pageRange(firstRow + 1, Math.min(endRow, matchingRows.length), matchingRows.length)}
          </span>
          <button type="button" {...disabledWhile(page === lastPage, () => onOptionsChange({ page: page + 1 }))}>
            {messages.list.next}
          </button>
        </nav>
      )}
    </>
  );
}

function EmptyList(props: {
  totalCount: number;
  options: ListOptions;
  isLoading: boolean;
  onOptionsChange: (change: Partial<ListOptions>) => void;
  onCreate: () => void;
}) {
  if (props.isLoading) return <div class="empty-state" />;
  return props.totalCount > 0 || props.options.search.trim() ? (
    <div class="empty-state">
      <h2>{messages.list.noMatch}</h2>
      <p>{messages.list.noMatchText}</p>
      <button
        type="button"
        onClick={() => {
          props.onOptionsChange({ search: '' });
          document.querySelector<HTMLElement>('[type="search"]')?.focus();
        }}
      >
        {messages.list.clearSearch}
      </button>
    </div>
  ) : (
    <div class="empty-state">
      <h2>{messages.list.empty}</h2>
      <p>{messages.list.emptyText}</p>
      <button type="button" onClick={props.onCreate}>
        {messages.list.createToken}
      </button>
    </div>
  );
}

/** Button to continue a load that paused at its limit. */
function LoadMore({ loads }: { loads: TokenPages[] }) {
  const pausedLoad = loads.find((load) => load.phase === 'done' && load.next !== undefined);
  if (!pausedLoad) return null;
  return (
    <p class="count">
      {messages.list.truncated(pausedLoad.items.length)}{' '}
      <button type="button" onClick={pausedLoad.loadMore}>
        {messages.list.loadMore}
      </button>
    </p>
  );
}

function PermissionDenied({ reason, ownRoles }: { reason: string; ownRoles: Role[] | null | undefined }) {
  const roleNames = ownRoles?.map((role) => role.name).join(', ');
  return (
    <div class="empty-state" role="alert">
      <h2>{messages.list.permissionDenied}</h2>
      <p>{reason}</p>
      {ownRoles && <p>{roleNames ? messages.list.yourRoles(roleNames) : messages.list.youHaveNoRole}</p>}
    </div>
  );
}
