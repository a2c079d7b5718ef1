/** Table of one page of tokens, sortable by every column. */

import type { ComponentChildren } from 'preact';

import type { TokenItem } from '../api-types';
import { expiresSoon, formatDateTime, formatLastUsed, formatPrincipal, formatRoleId, formatUtcDate } from '../format';
import { messages } from '../messages';
import { endOfRotated, isRotatable } from '../rotation';
import { mayEdit, mayRevoke, mayRotate, type TokenAccess } from '../token-access';
import type { Column, ListOptions, TokenRow } from '../token-list';
import { visibleText } from '../visible-text';
import { CopyButton, Isolated, MessageWith, RelativeTime } from './components';
import { RotationLinks } from './rotation-links';
import { TokenDescription } from './token-description';
import { TokenRestrictions } from './token-restrictions';

const COLUMNS: Column[] = ['name', 'type', 'roles', 'created', 'used', 'expires'];

/** Further roles of a token are counted only. */
const MAX_ROLES_SHOWN = 3;

export function TokenTable(props: {
  rows: TokenRow[];
  options: ListOptions;
  ownPrincipal: string;
  access: TokenAccess;
  now: number;
  onSort: (column: Column) => void;
  /** Shows the tokens with this id. */
  onShow: (id: string) => void;
  onEdit: (item: TokenItem) => void;
  onRotate: (item: TokenItem) => void;
  onRevoke: (item: TokenItem) => void;
}) {
  const { rows, options, ownPrincipal, access, now } = props;
  const hasActions = access.revoke !== 'none' || access.manage !== 'none';
  // The roles are explicit, because browsers drop a table's semantics where the narrow layout displays it as blocks.
  return (
    <table role="table" aria-label={access.view === 'own' ? messages.list.ownTable : messages.list.table}>
      <thead role="rowgroup">
        <tr role="row">
          {COLUMNS.map((column) => (
            <ColumnHeader key={column} column={column} options={options} onSort={props.onSort} />
          ))}
          {hasActions && (
            <th role="columnheader" scope="col">
              <span class="visually-hidden">{messages.list.columns.actions}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <Row
            key={row.item.id}
            row={row}
            ownPrincipal={ownPrincipal}
            now={now}
            hasActions={hasActions}
            canEdit={mayEdit(access, row.item, ownPrincipal)}
            canRotate={mayRotate(access, row.item, ownPrincipal) && isRotatable(row.item, row.successor, ownPrincipal)}
            canRevoke={mayRevoke(access, row.item, ownPrincipal)}
            onShow={props.onShow}
            onEdit={props.onEdit}
            onRotate={props.onRotate}
            onRevoke={props.onRevoke}
          />
        ))}
      </tbody>
    </table>
  );
}

function ColumnHeader(props: { column: Column; options: ListOptions; onSort: (column: Column) => void }) {
  const { column, options } = props;
  const isSortColumn = options.column === column;
  const direction = options.descending ? 'descending' : 'ascending';
  return (
    <th role="columnheader" scope="col" aria-sort={isSortColumn ? direction : 'none'}>
      <button type="button" class="sort" onClick={() => props.onSort(column)}>
        {messages.list.columns[column]}
        <span class={`arrow ${isSortColumn ? direction : ''}`} aria-hidden="true" />
      </button>
    </th>
  );
}

function Cell({ column, children }: { column: Column; children: ComponentChildren }) {
  return (
    <td role="cell" class={column}>
      <span class="column-label" aria-hidden="true">
        {messages.list.columns[column]}
      </span>
      <span class="value">{children}</span>
    </td>
  );
}

function Row(props: {
  row: TokenRow;
  ownPrincipal: string;
  now: number;
  /** Whether the table has a column of actions. */
  hasActions: boolean;
  canEdit: boolean;
  canRotate: boolean;
  canRevoke: boolean;
  onShow: (id: string) => void;
  onEdit: (item: TokenItem) => void;
  onRotate: (item: TokenItem) => void;
  onRevoke: (item: TokenItem) => void;
}) {
  const { row, ownPrincipal, now, onEdit, onRotate, onRevoke } = props;
  const { item } = row;
  const isRevoked = item.revoked_at !== undefined;
  return (
    <tr role="row" class={isRevoked ? 'revoked' : ''}>
      <td role="cell" class="name">
        <span class="strong" title={visibleText(item.name)}>
          <Isolated text={item.name} />
        </span>{' '}
        <Badges row={row} />
        <CopyButton text={item.id} class="id">
          <span class="visually-hidden">
            <MessageWith message={messages.list.copyId} value={item.name} />
          </span>{' '}
          <Isolated text={item.id} />
        </CopyButton>
        <TokenDescription text={item.description} />
        <RotationLinks item={item} onShow={props.onShow} />
      </td>
      <Cell column="type">{messages.types[item.token_type]}</Cell>
      <Cell column="roles">
        <RoleNames ids={item.assignments ?? []} />
        {item.inherited_denies && (
          <>
            <span class="muted block">{messages.list.alsoDeniedBy}</span>
            <RoleNames ids={item.inherited_denies} />
          </>
        )}
        <TokenRestrictions item={item} />
      </Cell>
      <Cell column="created">
        <RelativeTime time={item.created_at} now={now} />
        {item.created_by && (
          <span class="muted block" title={visibleText(item.created_by)}>
            <MessageWith message={messages.list.createdBy} value={formatPrincipal(item.created_by, ownPrincipal)} />
          </span>
        )}
        {item.owner && item.owner !== item.created_by && (
          <span class="muted block" title={visibleText(item.owner)}>
            <MessageWith message={messages.list.ownedBy} value={formatPrincipal(item.owner, ownPrincipal)} />
          </span>
        )}
      </Cell>
      <Cell column="used">
        {item.last_used ? (
          <time dateTime={item.last_used} title={formatUtcDate(item.last_used)}>
            {formatLastUsed(item.last_used, now)}
          </time>
        ) : (
          <span class="muted">{messages.list.never}</span>
        )}
      </Cell>
      <Cell column="expires">
        {item.ends_at ? <RotationEnd row={row} now={now} /> : <ExpirationTime item={item} isRevoked={isRevoked} now={now} />}
      </Cell>
      {props.hasActions && (
        <td role="cell" class="actions">
          {!isRevoked && props.canEdit && (
            <button type="button" class="quiet" aria-label={messages.list.editNamed(visibleText(item.name))} onClick={() => onEdit(item)}>
              {messages.list.edit}
            </button>
          )}
          {!isRevoked && props.canRotate && (
            <button
              type="button"
              class="quiet"
              aria-label={messages.list.rotateNamed(visibleText(item.name))}
              onClick={() => onRotate(item)}
            >
              {messages.list.rotate}
            </button>
          )}
          {!isRevoked && props.canRevoke && (
            <button
              type="button"
              class="danger-quiet"
              aria-label={messages.list.revokeNamed(visibleText(item.name))}
              onClick={() => onRevoke(item)}
            >
              {messages.list.revoke}
            </button>
          )}
        </td>
      )}
    </tr>
  );
}

function Badges({ row }: { row: TokenRow }) {
  const { item, isNew } = row;
  const revokedAt = item.revoked_at;
  return (
    <>
      {isNew && !revokedAt && <span class="badge good">{messages.list.new}</span>}{' '}
      {revokedAt && (
        <span class="badge bad" title={formatDateTime(revokedAt)}>
          {messages.list.revoked}
        </span>
      )}{' '}
      {item.successor && !revokedAt && <span class="badge warn">{messages.list.rotated}</span>}{' '}
      {item.renewable && <span class="badge">{messages.list.renewable}</span>}{' '}
      {item.read_only && <span class="badge">{messages.list.readOnly}</span>}{' '}
      {item.anonymize && <span class="badge">{messages.list.anonymized}</span>}
    </>
  );
}

function RoleNames({ ids }: { ids: string[] }) {
  if (ids.length === 0) return <span class="muted">{messages.list.noRoles}</span>;
  return (
    <span title={ids.map(visibleText).join('\n')}>
      {ids.slice(0, MAX_ROLES_SHOWN).map((id) => (
        <span class="block">
          <Isolated text={formatRoleId(id)} />
        </span>
      ))}
      {ids.length > MAX_ROLES_SHOWN && <span class="muted block">{messages.list.moreEntries(ids.length - MAX_ROLES_SHOWN)}</span>}
    </span>
  );
}

function ExpirationTime({ item, isRevoked, now }: { item: TokenItem; isRevoked: boolean; now: number }) {
  if (!item.expires_at) return <span class="muted">{messages.list.noExpiration}</span>;
  const isExpired = Date.parse(item.expires_at) <= now;
  return (
    <>
      <RelativeTime time={item.expires_at} now={now} />{' '}
      {!isRevoked && expiresSoon(item.expires_at, now) && (
        <span class="badge warn">{isExpired ? messages.list.expired : messages.list.soon}</span>
      )}
    </>
  );
}

/** When a rotated token ends. Its own expiration is not earlier. */
function RotationEnd({ row, now }: { row: TokenRow; now: number }) {
  const { item, successor } = row;
  const end = endOfRotated(item, successor);
  if (end === undefined) return null;
  const hasEnded = Date.parse(end) <= now;
  return (
    <>
      <RelativeTime time={end} now={now} /> {!item.revoked_at && hasEnded && <span class="badge bad">{messages.list.ended}</span>}
      {!hasEnded && !successor?.first_used_at && <span class="muted block">{messages.list.endsEarlier}</span>}
    </>
  );
}
