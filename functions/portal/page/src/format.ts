/** Formats times, principals, lifetimes and grants for display. */

import type { Grant } from './api-types';
import { MAX_LIFETIME_SECONDS } from './expiration';
import { LANGUAGE, messages } from './messages';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** A token that expires within this time is marked in the list. */
const EXPIRES_SOON_MS = 7 * DAY_MS;

// In the language of the page's texts, whatever the browser's language is.
const dateTimeFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'full', timeStyle: 'medium' });
const shortDateTimeFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const dateFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium' });
const fullDateFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'full' });
const utcDateFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeZone: 'UTC' });
const relativeFormat = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });

const RELATIVE_UNITS_MS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * DAY_MS],
  ['month', 30 * DAY_MS],
  ['week', 7 * DAY_MS],
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
];

/** Formats a time relative to `now`, in the largest unit of which at least two fit: “in 3 weeks”, “5 minutes ago”. */
export function formatRelative(time: string, now: number): string {
  const distance = Date.parse(time) - now;
  const size = Math.abs(distance);
  if (size < MINUTE_MS) return messages.list.now;
  const [unit, length] = RELATIVE_UNITS_MS.find(([, length]) => size >= 2 * length) ?? (['minute', MINUTE_MS] as const);
  return relativeFormat.format(Math.round(distance / length), unit);
}

/** Formats a time to the second in the user's time zone. */
export function formatDateTime(time: string): string {
  return dateTimeFormat.format(Date.parse(time));
}

/** Formats a time to the minute in the user's time zone. */
export function formatShortDateTime(time: number): string {
  return shortDateTimeFormat.format(time);
}

/** Formats the date of a time in the user's time zone. */
export function formatDate(time: string | number): string {
  return dateFormat.format(new Date(time));
}

/** Formats a value of a date field (`YYYY-MM-DD`) with its day of the week; an empty string for an incomplete date. */
export function formatCalendarDate(date: string): string {
  const time = Date.parse(`${date}T12:00:00`);
  return Number.isNaN(time) ? '' : fullDateFormat.format(time);
}

/** Formats a `last_used` date. */
export function formatUtcDate(date: string): string {
  return utcDateFormat.format(Date.parse(date));
}

/** Formats a `last_used` date, which is a day in UTC, relative to `now` if it is less than a week ago. */
export function formatLastUsed(date: string, now: number): string {
  const days = Math.floor((Date.parse(`${date}T00:00:00Z`) - now) / DAY_MS) + 1;
  return days > -7 ? relativeFormat.format(Math.min(days, 0), 'day') : formatUtcDate(date);
}

/** Whether an expiration is near or has passed. */
export function expiresSoon(time: string, now: number): boolean {
  return Date.parse(time) - now < EXPIRES_SOON_MS;
}

/** Formats a principal without its identity provider; the principal of a token is the token's id and stays as it is. */
export function formatPrincipal(principal: string, ownPrincipal: string): string {
  if (principal === ownPrincipal) return messages.list.you;
  return principal.slice(principal.indexOf('|') + 1);
}

/** Formats a role id by its second part (`organization:role`), because the API lists only the ids of a token's roles. */
export function formatRoleId(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

export function formatLifetime(seconds: number): string {
  if (seconds === MAX_LIFETIME_SECONDS) return messages.createToken.oneYear;
  if (seconds % DAY_SECONDS === 0) return messages.createToken.days(seconds / DAY_SECONDS);
  return messages.createToken.hours(Math.floor(seconds / HOUR_SECONDS));
}

/** Formats a grant. Actions and resources stay in the API's notation, which administrators use to define roles. */
export function formatGrant(grant: Grant): string {
  const action = grant.action === '*' ? messages.createToken.everything : grant.action;
  if (grant.resource === undefined || grant.resource === '*') return action;
  return `${action} ${messages.createToken.onResource(grant.resource)}`;
}
