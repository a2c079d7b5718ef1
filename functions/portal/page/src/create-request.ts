/** What the form for a new token holds, and the order that it makes. Nothing in it is secret. */

import type { CreateTokenRequest, Grant, Role } from './api-types';
import { words } from './messages';

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** The shortest time, in milliseconds, that is left of a day that may be chosen. */
const MARGIN = 60_000;

/** The longest lifetime that the API takes, in seconds. */
const LONGEST = 365 * DAY;

/** The lifetimes that are offered, in seconds. */
const OFFERED = [7 * DAY, 30 * DAY, 90 * DAY, LONGEST];

export type Expiry = { kind: 'lifetime'; seconds: number } | { kind: 'date'; date: string } | { kind: 'none' };

export interface Draft {
  name: string;
  roles: string[];
  expiry: Expiry;
  readOnly: boolean;
}

/** An order that was sent, and the key by which the service knows it again. */
export interface Attempt {
  draft: Draft;
  order: CreateTokenRequest;
  key: string;
}

/** What is wrong with a draft, by the field. */
export type Wrongs = { [field in 'name' | 'roles' | 'date']?: string };

/** An empty form; `ceiling` is the longest lifetime in seconds that the operator allows. */
export function emptyDraft(ceiling: number | null): Draft {
  const offered = offeredLifetimes(ceiling);
  const seconds = offered.find((seconds) => seconds === 30 * DAY) ?? offered.at(-1) ?? LONGEST;
  return { name: '', roles: [], expiry: { kind: 'lifetime', seconds }, readOnly: false };
}

/** The lifetimes in seconds that are offered: those below the ceiling, and the ceiling itself. */
export function offeredLifetimes(ceiling: number | null): number[] {
  if (ceiling === null || ceiling >= LONGEST) return OFFERED;
  return [...OFFERED.filter((seconds) => seconds < ceiling), ceiling];
}

/** The first and the last day that may be chosen, as a date field takes them; none where not even tomorrow may be. */
export function choosableDays(ceiling: number | null, now: number): { min: string; max: string } | undefined {
  const longest = Math.min(ceiling ?? LONGEST, LONGEST);
  // A chosen day is meant to its end. The first one's is not over at once, and the last one's lies within the bound: a day has
  // 25 hours at most.
  const [min, max] = [dateOf(now + MARGIN), dateOf(now + (longest - 25 * HOUR) * 1_000)];
  return min < max ? { min, max } : undefined;
}

export function wrongs(draft: Draft, ceiling: number | null, now: number): Wrongs {
  const found: Wrongs = {};
  const length = [...draft.name.trim()].length;
  if (length === 0) found.name = words.generate.nameMissing;
  if (length > 255) found.name = words.generate.nameLong;
  if (draft.roles.length === 0) found.roles = words.generate.rolesMissing;
  if (draft.expiry.kind === 'date') {
    const days = choosableDays(ceiling, now);
    if (!days || draft.expiry.date < days.min || draft.expiry.date > days.max) found.date = words.generate.dateMissing;
  }
  return found;
}

/** The order that a draft makes, with a key. Where `last` was of the same draft it is that order again: then both are one. */
export function attempt(draft: Draft, last: Attempt | undefined, now: number): Attempt {
  const repeats = last !== undefined && JSON.stringify(last.draft) === JSON.stringify(draft);
  return repeats ? last : { draft, order: orderOf(draft, now), key: crypto.randomUUID() };
}

function orderOf(draft: Draft, now: number): CreateTokenRequest {
  const order: CreateTokenRequest = { name: draft.name.trim(), assignments: draft.roles };
  if (draft.expiry.kind === 'lifetime') order.expires_in = draft.expiry.seconds;
  if (draft.expiry.kind === 'date') order.expires_in = Math.floor((endOf(draft.expiry.date) - now) / 1_000);
  if (draft.readOnly) order.read_only = true;
  return order;
}

/** A lifetime in words. */
export function lifetimeText(seconds: number): string {
  if (seconds === LONGEST) return words.generate.year;
  return seconds % DAY === 0 ? words.generate.days(seconds / DAY) : words.generate.hours(Math.floor(seconds / HOUR));
}

/** Whether a role takes something away: it then comes along, whatever is chosen. */
export function denies(role: Role): boolean {
  return role.grants.some((grant) => grant.effect === 'deny');
}

/** A grant in words: what is in the API's own form stays as it is. */
export function grantText(grant: Grant): string {
  const action = grant.action === '*' ? words.generate.everything : grant.action;
  const anywhere = grant.resource === undefined || grant.resource === '*';
  return anywhere ? action : `${action} ${words.generate.on(grant.resource ?? '')}`;
}

/** The end of a day in the reader's own zone. */
function endOf(date: string): number {
  return new Date(`${date}T23:59:59`).getTime();
}

/** The day of a time in the reader's own zone, as a date field writes it. */
function dateOf(time: number): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
