/** Times and people as they are shown. */

import { words } from './messages';

const DAY = 86_400_000;
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const daily = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const dailyUtc = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const relatively = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['week', 7 * DAY],
  ['day', DAY],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** A time as seen from `now`, in the largest unit of which there are two: “in 3 weeks”, “5 minutes ago”. */
export function relative(time: string, now: number): string {
  const distance = Date.parse(time) - now;
  const size = Math.abs(distance);
  if (size < 60_000) return words.list.now;
  const [unit, length] = UNITS.find(([, length]) => size >= 2 * length) ?? (['minute', 60_000] as const);
  return relatively.format(Math.round(distance / length), unit);
}

/** A time to the second, in the reader's own zone. */
export function exact(time: string): string {
  return exactly.format(Date.parse(time));
}

/** The day of a time, in the reader's own zone. */
export function day(time: string | number): string {
  return daily.format(new Date(time));
}

/** A day that the service names, which are days of UTC, as seen from `now`. */
export function usedOn(date: string, now: number): string {
  const days = Math.floor((Date.parse(`${date}T00:00:00Z`) - now) / DAY) + 1;
  return days > -7 ? relatively.format(Math.min(days, 0), 'day') : dailyUtc.format(Date.parse(date));
}

/** Whether a time comes within the next seven days, or is past. */
export function isSoon(time: string, now: number): boolean {
  return Date.parse(time) - now < 7 * DAY;
}

/** Who a principal is, without the provider's name; a token's id is one as it is. */
export function person(principal: string, own: string): string {
  if (principal === own) return words.list.you;
  return principal.slice(principal.indexOf('|') + 1);
}
