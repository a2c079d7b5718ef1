/** Logic of the token list: merging local changes, filtering, sorting and counting. */

import type { RevokedToken, TokenItem, TokenType } from './api-types';

export type Column = 'name' | 'type' | 'roles' | 'created' | 'used' | 'expires';

/** Search, filter, sort order and page of the list. */
export interface ListOptions {
  search: string;
  showSystemTokens: boolean;
  column: Column;
  descending: boolean;
  /** Page number, starting at 0. */
  page: number;
}

export const DEFAULT_LIST_OPTIONS: ListOptions = {
  search: '',
  showSystemTokens: false,
  column: 'created',
  descending: true,
  page: 0,
};

export const ROWS_PER_PAGE = 50;

/** The types that users create. */
export const USER_TOKEN_TYPES: TokenType[] = ['api', 'journey', 'portal'];
/** The types that systems create, hidden by default. */
export const SYSTEM_TOKEN_TYPES: TokenType[] = ['app', 'assume'];

/** Tokens that were created, changed or revoked on this page. The API's list is eventually consistent and may not show them yet. */
export interface LocalChanges {
  created: { item: TokenItem; at: number }[];
  /** Members of tokens that were changed. */
  changed: { id: string; members: Partial<TokenItem>; at: number }[];
  /** Tokens revoked since the list was loaded; they stay visible until the next load. */
  revoked: { item: TokenItem; at: number }[];
  /** Ids of the tokens revoked before the list was loaded. */
  removedIds: string[];
}

export const NO_CHANGES: LocalChanges = { created: [], changed: [], revoked: [], removedIds: [] };

/** How long a created or changed token is kept if the list does not contain it. The list usually catches up within a second. */
const MAX_LIST_LAG_MS = 60_000;

/**
 * Returns the changes that still apply after a load of the list that started at `startedAt` has succeeded. A failed load leaves the
 * former list on the page, to which all changes apply.
 */
export function changesAfterReload(changes: LocalChanges, startedAt: number): LocalChanges {
  const created = changes.created.filter(({ at }) => startedAt - at < MAX_LIST_LAG_MS);
  const changed = changes.changed.filter(({ at }) => startedAt - at < MAX_LIST_LAG_MS);
  const removed = changes.revoked.filter(({ at }) => at <= startedAt).map(({ item }) => item.id);
  const revoked = changes.revoked.filter(({ at }) => at > startedAt);
  return { created, changed, revoked, removedIds: [...changes.removedIds, ...removed] };
}

/** Adds a change of members of a token. */
export function addChange(changes: LocalChanges, id: string, members: Partial<TokenItem>, at: number): LocalChanges {
  return { ...changes, changed: [...changes.changed, { id, members, at }] };
}

/**
 * Adds a revocation with the tokens of the same chain of rotations that were revoked with it. Those of them that are not in `rows` do not
 * appear when more of the list is loaded.
 */
export function addRevocation(changes: LocalChanges, response: RevokedToken, rows: TokenRow[], at: number): LocalChanges {
  const { also_revoked: ids = [], ...item } = response;
  const revokedAt = item.revoked_at ?? new Date(at).toISOString();
  const others = rows.filter((row) => ids.includes(row.item.id)).map((row) => ({ ...row.item, revoked_at: revokedAt }));
  const shownIds = others.map(({ id }) => id);
  const revoked = [item, ...others].map((item) => ({ item, at }));
  const removed = ids.filter((id) => !shownIds.includes(id));
  return { ...changes, revoked: [...changes.revoked, ...revoked], removedIds: [...changes.removedIds, ...removed] };
}

export interface TokenRow {
  item: TokenItem;
  /** Whether the token was created on this page. */
  isNew: boolean;
  /** The token that succeeds it, if it is loaded. */
  successor?: TokenItem | undefined;
}

/** Merges the loaded list with the local changes, each token once. Revoking a token also revokes the tokens that it created. */
export function mergeChanges(listed: TokenItem[], changes: LocalChanges): TokenRow[] {
  const createdItems = changes.created.map(({ item }) => item);
  const createdIds = new Set(createdItems.map((item) => item.id));
  const revokedItems = changes.revoked.map(({ item }) => item);
  const revoked = new Map(revokedItems.map((item) => [item.id, item]));
  const removed = new Set(changes.removedIds);
  const unique = new Map([...createdItems, ...listed, ...revokedItems].map((item) => [item.id, item]));
  for (const { id, members } of changes.changed) {
    const item = unique.get(id);
    if (item) unique.set(id, { ...item, ...members });
  }
  const remaining = [...unique.values()].filter((item) => !removed.has(item.id) && !removed.has(item.parent ?? ''));
  const withRevocation = (item: TokenItem): TokenItem => {
    const revokedAt = revoked.get(item.id)?.revoked_at ?? revoked.get(item.parent ?? '')?.revoked_at;
    return revokedAt === undefined ? item : { ...item, revoked_at: revokedAt };
  };
  return remaining.map(withRevocation).map((item) => {
    const successor = unique.get(item.successor ?? '');
    return { item, isNew: createdIds.has(item.id), successor: successor && withRevocation(successor) };
  });
}

/** Returns the matching rows of all pages in the selected order. `ownPrincipal` matches the search for “you”. */
export function filterAndSort(rows: TokenRow[], options: ListOptions, ownPrincipal: string): TokenRow[] {
  const search = options.search.trim().toLowerCase();
  const types = options.showSystemTokens ? [...USER_TOKEN_TYPES, ...SYSTEM_TOKEN_TYPES] : USER_TOKEN_TYPES;
  const matches = ({ item }: TokenRow) =>
    types.includes(item.token_type) && (!search || searchableText(item, ownPrincipal).includes(search));
  const sign = options.descending ? -1 : 1;
  const compare = (a: TokenItem, b: TokenItem) => sign * compareBy(options.column, a, b) || compareNewestFirst(a, b);
  return rows.filter(matches).sort((a, b) => compare(a.item, b.item));
}

/** Counts the tokens that work, and those that were revoked since the list was loaded and are still shown. */
export function countTokens(rows: TokenRow[]): { active: number; revoked: number } {
  const revoked = rows.filter(({ item }) => item.revoked_at !== undefined).length;
  return { active: rows.length - revoked, revoked };
}

function searchableText(item: TokenItem, ownPrincipal: string): string {
  const creator = item.created_by === ownPrincipal ? `${ownPrincipal} you` : item.created_by;
  const grants = [...(item.grants ?? []), ...(item.parent_grants ?? [])].map(({ action, resource }) => `${action} ${resource ?? ''}`);
  const roles = [...(item.assignments ?? []), ...(item.inherited_denies ?? [])];
  const relatedIds = [item.parent, item.successor, item.rotated_from];
  const texts = [item.name, item.description, item.id, item.token_type, ...roles, creator, item.owner, ...relatedIds, ...grants, ...(item.allowed_cidrs ?? [])];
  return texts.join('\n').toLowerCase();
}

/** Returns the value by which a column sorts. An unused token sorts before all dates, a token without expiration after them. */
function sortKey(item: TokenItem, column: Column): string {
  switch (column) {
    case 'name':
      return item.name;
    case 'type':
      return item.token_type;
    case 'roles':
      return item.assignments?.join(' ') ?? '';
    case 'created':
      return item.created_at;
    case 'used':
      return item.last_used ?? '';
    case 'expires':
      return item.ends_at ?? item.expires_at ?? '9999';
  }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Compares times as strings, since RFC 3339 times in UTC sort chronologically, and other values by the user's locale. */
function compareBy(column: Column, a: TokenItem, b: TokenItem): number {
  const keyA = sortKey(a, column);
  const keyB = sortKey(b, column);
  const isTime = column === 'created' || column === 'used' || column === 'expires';
  return isTime ? compareStrings(keyA, keyB) : collator.compare(keyA, keyB);
}

function compareNewestFirst(a: TokenItem, b: TokenItem): number {
  return compareStrings(b.created_at, a.created_at) || compareStrings(a.id, b.id);
}

function compareStrings(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
