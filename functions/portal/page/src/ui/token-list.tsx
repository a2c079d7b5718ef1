/** The token list: search, filter, table, paging, and what the page shows in place of the table. */

import { useRef } from 'preact/hooks';

import type { Role, TokenItem } from '../api-types';
import { messages } from '../messages';
import type { LoadKeySet } from '../pasted-token';
import { FULL_ACCESS, type TokenAccess } from '../token-access';
import { countTokens, filterAndSort, ROWS_PER_PAGE, type Column, type ListOptions, type TokenRow } from '../token-list';
import { disabledWhile, ErrorNotice, Isolated, MessageWith } from './components';
import { TokenSearch } from './token-search';
import { TokenTable } from './token-table';
import type { TokenPages } from './use-token-pages';

interface ListActions {
  onOptionsChange: (change: Partial<ListOptions>) => void;
  onCreate: () => void;
  onEdit: (item: TokenItem) => void;
  onRotate: (item: TokenItem) => void;
  onRevoke: (item: TokenItem) => void;
}

export function TokenList(
  props: ListActions & {
    rows: TokenRow[];
    /** The loads of which `rows` are the result. */
    loads: TokenPages[];
    options: ListOptions;
    ownPrincipal: string;
    /** `undefined` while it loads, in which time the list is not shown, because it depends on it. */
    access: TokenAccess | undefined;
    ownRoles: Role[] | null | undefined;
    loadKeySet: LoadKeySet;
    onRefresh: () => void;
  },
) {
  const { loads, options, ownPrincipal, access, onOptionsChange } = props;
  const rows = access ? props.rows : [];
  const isOwnView = access?.view === 'own';
  const failedLoad = loads.find((load) => load.phase === 'failed');
  const hasNothingToShow = failedLoad !== undefined && rows.length === 0;
  const isDenied = hasNothingToShow && failedLoad.error?.code === 'permission_denied';
  const matchingRows = filterAndSort(rows, options, ownPrincipal);
  const allRows = filterAndSort(rows, { ...options, search: '' }, ownPrincipal);
  const isLoading = !access || loads.some((load) => load.phase === 'loading' || load.phase === 'idle');
  return (
    <>
      <div class="page-header">
        <div>
          <h1 tabIndex={-1}>{isOwnView ? messages.ownTitle : messages.title}</h1>
          <p class="muted">{isOwnView ? messages.list.ownIntro : messages.list.intro}</p>
        </div>
        {!isDenied && access && access.manage !== 'none' && (
          <button type="button" class="primary" onClick={props.onCreate}>
            {messages.list.createToken}
          </button>
        )}
      </div>
      {isDenied ? (
        <PermissionDenied reason={failedLoad.error?.message ?? ''} ownRoles={props.ownRoles} />
      ) : (
        <>
          <Toolbar
            options={options}
            isLoading={isLoading}
            loadKeySet={props.loadKeySet}
            onOptionsChange={onOptionsChange}
            onRefresh={props.onRefresh}
          />
          {failedLoad?.error && (
            <ErrorNotice
              title={hasNothingToShow ? messages.list.failed : messages.list.incomplete}
              error={failedLoad.error}
              onRetry={failedLoad.loadMore}
            />
          )}
          <p class="count" role="status">
            {hasNothingToShow ? '' : countText(matchingRows, allRows, options, isLoading)}
          </p>
          {hasNothingToShow ? null : (
            <ListPage {...props} access={access ?? FULL_ACCESS} matchingRows={matchingRows} totalCount={allRows.length} isLoading={isLoading} />
          )}
          <LoadMore loads={loads} />
        </>
      )}
    </>
  );
}

function countText(matchingRows: TokenRow[], allRows: TokenRow[], options: ListOptions, isLoading: boolean): string {
  const all = countTokens(allRows);
  if (isLoading) return allRows.length > 0 ? messages.list.loadingMore(all.active) : messages.list.loading;
  const found = countTokens(matchingRows);
  const count = options.search.trim() ? messages.list.matchCount(found.active, all.active) : messages.list.count(all.active);
  return found.revoked > 0 ? `${count}, ${messages.list.revokedCount(found.revoked)}` : count;
}

function Toolbar(props: {
  options: ListOptions;
  isLoading: boolean;
  loadKeySet: LoadKeySet;
  onOptionsChange: (change: Partial<ListOptions>) => void;
  onRefresh: () => void;
}) {
  const { options, onOptionsChange } = props;
  return (
    <div class="toolbar" role="search">
      <TokenSearch search={options.search} loadKeySet={props.loadKeySet} onOptionsChange={onOptionsChange} />
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
    access: TokenAccess;
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
  const list = useRef<HTMLDivElement>(null);
  const openPage = (page: number) => {
    onOptionsChange({ page });
    // The buttons are below the last row, and a page begins at its first.
    list.current?.scrollIntoView({ block: 'start' });
  };
  if (matchingRows.length === 0) return <EmptyList {...props} />;
  return (
    <div ref={list}>
      <TokenTable
        rows={matchingRows.slice(firstRow, endRow)}
        options={options}
        ownPrincipal={props.ownPrincipal}
        access={props.access}
        now={Date.now()}
        onSort={sort}
        onShow={(id) => onOptionsChange({ search: id })}
        onEdit={props.onEdit}
        onRotate={props.onRotate}
        onRevoke={props.onRevoke}
      />
      {lastPage > 0 && (
        <nav class="pages" aria-label={messages.list.pages}>
          <button type="button" {...disabledWhile(page === 0, () => openPage(page - 1))}>
            {messages.list.previous}
          </button>
          <span role="status">
            {messages.list.pageRange(firstRow + 1, Math.min(endRow, matchingRows.length), matchingRows.length)}
          </span>
          <button type="button" {...disabledWhile(page === lastPage, () => openPage(page + 1))}>
            {messages.list.next}
          </button>
        </nav>
      )}
    </div>
  );
}

function EmptyList(props: {
  totalCount: number;
  options: ListOptions;
  access: TokenAccess;
  isLoading: boolean;
  onOptionsChange: (change: Partial<ListOptions>) => void;
  onCreate: () => void;
}) {
  const canCreate = props.access.manage !== 'none';
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
      <p>{canCreate ? messages.list.emptyText : messages.list.emptyForViewerText}</p>
      {canCreate && (
        <button type="button" onClick={props.onCreate}>
          {messages.list.createToken}
        </button>
      )}
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
      <p>
        <Isolated text={reason} />
      </p>
      {ownRoles && (
        <p>{roleNames ? <MessageWith message={messages.list.yourRoles} value={roleNames} /> : messages.list.youHaveNoRole}</p>
      )}
    </div>
  );
}
