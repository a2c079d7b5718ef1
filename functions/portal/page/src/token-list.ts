/** The tokens that are known: as the list told them, with what was made and revoked here since. */

import type { TokenItem, TokenType } from './api-types';

export type Column = 'name' | 'type' | 'roles' | 'created' | 'used' | 'expires';

/** How the list is looked at. */
export interface View {
  search: string;
  /** Whether system tokens are shown as well. */
  system: boolean;
  column: Column;
  descending: boolean;
  /** Which page, from 0 on. */
  page: number;
}

export const FIRST_VIEW: View = { search: '', system: false, column: 'created', descending: true, page: 0 };

/** How many tokens are shown at once. */
export const ROWS = 50;

/** The types of the people's tokens and those of the system, as the list's filter names them. */
export const LISTED: TokenType[] = ['api', 'journey', 'portal'];
export const SYSTEM: TokenType[] = ['app', 'assume'];

/** What was made and revoked on this page, which the list may not know yet. */
export interface Changes {
  made: { item: TokenItem; at: number }[];
  /** Shown until the list is loaded again. */
  revoked: TokenItem[];
  /** The ids of those that were revoked before it was. */
  gone: string[];
}

export const NO_CHANGES: Changes = { made: [], revoked: [], gone: [] };

/** For how long the list may not know what was made, in milliseconds; a second is usual. */
const LAG = 60_000;

/** The changes that are still news when the list is loaded again. */
export function reloaded(changes: Changes, now: number): Changes {
  const made = changes.made.filter(({ at }) => now - at < LAG);
  return { made, revoked: [], gone: [...changes.gone, ...changes.revoked.map((item) => item.id)] };
}

/** A row of the table. */
export interface Row {
  item: TokenItem;
  /** Whether it was made on this page. */
  isNew: boolean;
}

/** The list with the changes: what was made is there, what was revoked says so, each token once. */
export function rows(listed: TokenItem[], changes: Changes): Row[] {
  const revoked = new Map(changes.revoked.map((item) => [item.id, item]));
  const made = new Set(changes.made.map(({ item }) => item.id));
  const news = changes.made.map(({ item }) => item);
  const all = new Map([...news, ...listed, ...changes.revoked].map((item) => [item.id, item]));
  // A token dies with the one that made it.
  const gone = new Set(changes.gone);
  const left = [...all.values()].filter((item) => !gone.has(item.id) && !gone.has(item.parent ?? ''));
  const told = (item: TokenItem): TokenItem => {
    const end = revoked.get(item.id)?.revoked_at ?? revoked.get(item.parent ?? '')?.revoked_at;
    return end === undefined ? item : { ...item, revoked_at: end };
  };
  return left.map((item) => ({ item: told(item), isNew: made.has(item.id) }));
}

/** The rows that the view shows on all its pages, in its order. */
export function seen(rows: Row[], view: View, own: string): Row[] {
  const wanted = view.search.trim().toLowerCase();
  const types = view.system ? [...LISTED, ...SYSTEM] : LISTED;
  const found = rows.filter(({ item }) => types.includes(item.token_type) && (!wanted || text(item, own).includes(wanted)));
  const sign = view.descending ? -1 : 1;
  return found.sort((a, b) => sign * compare(a.item, b.item, view.column) || newer(a.item, b.item));
}

/** What a search looks through. */
function text(item: TokenItem, own: string): string {
  const maker = item.created_by === own ? `${own} you` : item.created_by;
  return [item.name, item.id, item.token_type, item.assignments?.join(' '), maker, item.parent].join('\n').toLowerCase();
}

/** What a column sorts by. What is never used is older than all, what never expires ends after all. */
function key(item: TokenItem, column: Column): string {
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
      return item.expires_at ?? '9999';
  }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Times are compared as they are written, which is their order; words as people order them. */
function compare(a: TokenItem, b: TokenItem, column: Column): number {
  const [one, other] = [key(a, column), key(b, column)];
  const isTime = column === 'created' || column === 'used' || column === 'expires';
  return isTime ? inOrder(one, other) : collator.compare(one, other);
}

function newer(a: TokenItem, b: TokenItem): number {
  return inOrder(b.created_at, a.created_at) || inOrder(a.id, b.id);
}

function inOrder(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/**
 * The id of a whole token that somebody has pasted, with whatever stands around it, to find out which one it is; `undefined` for any
 * text that holds none.
 */
export function pastedId(text: string): string | undefined {
  const claims = /[\w-]{10,}\.(eyJ[\w-]+)\.[\w-]*/.exec(text)?.[1];
  if (!claims) return undefined;
  try {
    const id: unknown = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).jti;
    return typeof id === 'string' ? id : '';
  } catch {
    return '';
  }
}
