/** Expiration of a new token: the lifetimes and dates that the form offers. */

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** The longest day has 25 hours, when daylight saving time ends. */
const MAX_DAY_SECONDS = 25 * HOUR_SECONDS;

/** A date is offered if at least this much of the day remains, so that the API's minimum lifetime of 30 s is met. */
const MIN_REMAINING_MS = 60_000;

/** The maximum lifetime that the API accepts for any token. */
export const MAX_LIFETIME_SECONDS = 365 * DAY_SECONDS;

const DEFAULT_LIFETIME_SECONDS = 30 * DAY_SECONDS;

const LIFETIMES_SECONDS = [7 * DAY_SECONDS, DEFAULT_LIFETIME_SECONDS, 90 * DAY_SECONDS, MAX_LIFETIME_SECONDS];

export type Expiration =
  | { kind: 'lifetime'; seconds: number }
  /** The last day on which the token works, as `YYYY-MM-DD` in the user's time zone. */
  | { kind: 'date'; date: string }
  | { kind: 'none' }
  /** As long as the lifetime of the token that is rotated. */
  | { kind: 'unchanged' };

/** Returns the lifetimes to offer, in seconds: those below the operator's maximum, and that maximum itself. */
export function lifetimeOptions(maxLifetime: number | null): number[] {
  if (maxLifetime === null || maxLifetime >= MAX_LIFETIME_SECONDS) return LIFETIMES_SECONDS;
  return [...LIFETIMES_SECONDS.filter((seconds) => seconds < maxLifetime), maxLifetime];
}

export function defaultExpiration(maxLifetime: number | null): Expiration {
  const options = lifetimeOptions(maxLifetime);
  const preferred = options.find((seconds) => seconds === DEFAULT_LIFETIME_SECONDS);
  return { kind: 'lifetime', seconds: preferred ?? options.at(-1) ?? MAX_LIFETIME_SECONDS };
}

/**
 * Returns the first and the last date that can be selected; `undefined` if the maximum lifetime allows no date after today. A token
 * works until the end of the selected day, so the last date is a whole day before the maximum.
 */
export function selectableDates(maxLifetime: number | null, now: number): { min: string; max: string } | undefined {
  const maxSeconds = Math.min(maxLifetime ?? MAX_LIFETIME_SECONDS, MAX_LIFETIME_SECONDS);
  const min = localDate(now + MIN_REMAINING_MS);
  const max = localDate(now + (maxSeconds - MAX_DAY_SECONDS) * 1_000);
  return min < max ? { min, max } : undefined;
}

/** Whether the API accepts the expiration: a date must be one of {@link selectableDates}. */
export function isSelectable(expiration: Expiration, maxLifetime: number | null, now: number): boolean {
  if (expiration.kind !== 'date') return true;
  const dates = selectableDates(maxLifetime, now);
  return dates !== undefined && expiration.date >= dates.min && expiration.date <= dates.max;
}

/** Returns the seconds from `now` until the expiration; `undefined` if the request contains no lifetime. */
export function secondsUntil(expiration: Expiration, now: number): number | undefined {
  switch (expiration.kind) {
    case 'lifetime':
      return expiration.seconds;
    case 'date':
      return Math.floor((endOfLocalDay(expiration.date) - now) / 1_000);
    case 'none':
    case 'unchanged':
      return undefined;
  }
}

function endOfLocalDay(date: string): number {
  return new Date(`${date}T23:59:59`).getTime();
}

/** Formats a time as `YYYY-MM-DD` in the user's time zone, the value format of a date field. */
function localDate(time: number): string {
  const date = new Date(time);
  const twoDigits = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}
