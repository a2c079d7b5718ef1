/** The tokens as a table: one page of them, sorted by any column. */

import type { ComponentChildren } from 'preact';

import type { TokenItem } from '../api-types';
import { exact, isSoon, person, usedOn } from '../format';
import type { Column, Row, View } from '../token-list';
import { words } from '../messages';
import { Copy, Time } from './components';

const COLUMNS: Column[] = ['name', 'type', 'roles', 'created', 'used', 'expires'];

/** How many roles are written out. */
const ROLES = 3;

export function Table(props: {
  rows: Row[];
  view: View;
  own: string;
  now: number;
  onSort: (column: Column) => void;
  onRevoke: (item: TokenItem) => void;
}) {
  const { rows, view, own, now } = props;
  // Narrow screens show each row as a block, where a browser forgets what is a table unless it is told.
  return (
    <table role="table" aria-label={words.list.table}>
      <thead role="rowgroup">
        <tr role="row">
          {COLUMNS.map((column) => (
            <Heading key={column} column={column} view={view} onSort={props.onSort} />
          ))}
          <th role="columnheader" scope="col">
            <span class="unseen">{words.list.columns.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <TokenRow key={row.item.id} row={row} own={own} now={now} onRevoke={props.onRevoke} />
        ))}
      </tbody>
    </table>
  );
}

function Heading({ column, view, onSort }: { column: Column; view: View; onSort: (column: Column) => void }) {
  const sorted = view.column === column;
  const direction = view.descending ? 'descending' : 'ascending';
  return (
    <th role="columnheader" scope="col" aria-sort={sorted ? direction : 'none'}>
      <button type="button" class="sort" onClick={() => onSort(column)}>
        {words.list.columns[column]}
        <span class={`arrow ${sorted ? direction : ''}`} aria-hidden="true" />
      </button>
    </th>
  );
}

function Cell({ column, children }: { column: Column; children: ComponentChildren }) {
  return (
    <td role="cell" class={column}>
      <span class="column" aria-hidden="true">
        {words.list.columns[column]}
      </span>
      <span class="value">{children}</span>
    </td>
  );
}

function TokenRow({ row, own, now, onRevoke }: { row: Row; own: string; now: number; onRevoke: (item: TokenItem) => void }) {
  const { item } = row;
  const revoked = item.revoked_at !== undefined;
  return (
    <tr role="row" class={revoked ? 'revoked' : ''}>
      <td role="cell" class="name">
        <span class="strong" title={item.name}>{item.name}</span> <Badges row={row} />
        <Copy text={item.id} class="id">
          <span class="unseen">{words.list.copyId(item.name)}</span> {item.id}
        </Copy>
      </td>
      <Cell column="type">{words.types[item.token_type]}</Cell>
      <Cell column="roles">
        <Roles ids={item.assignments ?? []} />
      </Cell>
      <Cell column="created">
        <Time at={item.created_at} now={now} />
        {item.created_by && (
          <span class="faint block" title={item.created_by}>
            {words.list.by(person(item.created_by, own))}
          </span>
        )}
      </Cell>
      <Cell column="used">
        {item.last_used ? (
          <time dateTime={item.last_used} title={item.last_used}>
            {usedOn(item.last_used, now)}
          </time>
        ) : (
          <span class="faint">{words.list.never}</span>
        )}
      </Cell>
      <Cell column="expires">
        <Expires item={item} now={now} />
      </Cell>
      <td role="cell" class="actions">
        {!revoked && (
          <button type="button" class="danger-quiet" aria-label={words.list.revokeNamed(item.name)} onClick={() => onRevoke(item)}>
            {words.list.revoke}
          </button>
        )}
      </td>
    </tr>
  );
}

function Badges({ row }: { row: Row }) {
  const { item, isNew } = row;
  const revoked = item.revoked_at;
  return (
    <>
      {isNew && !revoked && <span class="badge good">{words.list.new}</span>}{' '}
      {revoked && (
        <span class="badge bad" title={exact(revoked)}>
          {words.list.revoked}
        </span>
      )}{' '}
      {item.read_only && <span class="badge">{words.list.readOnly}</span>}{' '}
      {item.anonymize && <span class="badge">{words.list.anonymized}</span>}
    </>
  );
}

function Roles({ ids }: { ids: string[] }) {
  if (ids.length === 0) return <span class="faint">{words.list.noRoles}</span>;
  return (
    <span title={ids.join('\n')}>
      {ids.slice(0, ROLES).map((id) => (
        <span class="block">{id.slice(id.indexOf(':') + 1)}</span>
      ))}
      {ids.length > ROLES && <span class="faint block">{words.list.moreRoles(ids.length - ROLES)}</span>}
    </span>
  );
}

function Expires({ item, now }: { item: TokenItem; now: number }) {
  if (!item.expires_at) return <span class="faint">{words.list.noExpiry}</span>;
  const over = Date.parse(item.expires_at) <= now;
  return (
    <>
      <Time at={item.expires_at} now={now} />{' '}
      {isSoon(item.expires_at, now) && <span class="badge warn">{over ? words.list.expired : words.list.soon}</span>}
    </>
  );
}
