/** How long a token lives. */

import { invalid } from './problem.mjs';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const UNITS = [
  ['ms millisecond milliseconds', 1],
  [' s second seconds', SECOND],
  ['m minute minutes', 60 * SECOND],
  ['h hour hours', HOUR],
  ['d day days', DAY],
  ['w week weeks', 7 * DAY],
  ['y year years', 365 * DAY],
];
/** In days. */
const LONGEST = { api: 365, app: 7, journey: 7, portal: 7 };

/** The seconds that a duration like `10h`, `7d` or `2 days` has; `undefined` where it is none. */
export function secondsOf(text) {
  const [, number, unit] = /^(\d+) ?([a-z]*)$/.exec(text) ?? [];
  const [, factor] = UNITS.find(([names]) => names.split(' ').includes(unit)) ?? [];
  return factor === undefined ? undefined : (Number(number) * factor) / SECOND;
}

/** The seconds that `expires_in` asks for, within the bounds of the token's type; `undefined` where it is absent. */
export function lifetimeOf({ expires_in: asked }, type) {
  if (asked === undefined) return undefined;
  const seconds = typeof asked === 'string' ? secondsOf(asked) : asked;
  if (typeof seconds !== 'number') {
    throw invalid('`expires_in` must be whole seconds, or a number and a unit like `10h`, `7d` or `2 days`');
  }
  if (type === 'assume') throw invalid('`expires_in` is not allowed for tokens of type assume, which expire after one hour');
  const days = LONGEST[type];
  if (!Number.isInteger(seconds) || seconds < 30 || seconds * SECOND > days * DAY) {
    throw invalid(`\`expires_in\` must be between 30 seconds and ${days} days for tokens of type ${type}`);
  }
  return seconds;
}
