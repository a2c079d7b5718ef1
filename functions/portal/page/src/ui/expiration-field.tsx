/** Form field for the expiration of a new token, which may be the successor of another one. */

import { useId } from 'preact/hooks';

import { lifetimeOptions, selectableDates, type Expiration } from '../expiration';
import { formatCalendarDate, formatDate, formatLifetime } from '../format';
import { messages } from '../messages';

export function ExpirationField(props: {
  label?: string;
  /** Maximum lifetime in seconds; `null` if the operator sets no maximum. */
  maxLifetime: number | null;
  /** Says when a successor with the lifetime of the rotated token expires. With it, the form is that of a rotation. */
  unchanged?: string;
  expiration: Expiration;
  error: string | undefined;
  onChange: (expiration: Expiration) => void;
}) {
  const { maxLifetime, expiration, onChange } = props;
  const id = useId();
  const now = Date.now();
  const lastValidDay = expiration.kind === 'date' ? formatCalendarDate(expiration.date) : '';
  const dates = selectableDates(maxLifetime, now);
  const option = (value: Expiration, label: string, note = '') => (
    <label class="option">
      <input
        type="radio"
        name={id}
        checked={isSameOption(expiration, value)}
        onChange={() => onChange(value)}
      />
      <span>
        {label} {note && <span class="muted">{note}</span>}
      </span>
    </label>
  );
  return (
    <fieldset class="field">
      <legend class="label">{props.label ?? messages.createToken.expiration}</legend>
      <div class="options">
        {props.unchanged !== undefined && option({ kind: 'unchanged' }, messages.rotateToken.unchanged, props.unchanged)}
        {lifetimeOptions(maxLifetime).map((seconds) => {
          const lastDay = formatDate(now + seconds * 1_000);
          return option({ kind: 'lifetime', seconds }, formatLifetime(seconds), messages.createToken.until(lastDay));
        })}
        {dates && option({ kind: 'date', date: '' }, messages.createToken.date)}
        {maxLifetime === null && props.unchanged === undefined && option({ kind: 'none' }, messages.createToken.noExpiration)}
      </div>
      {expiration.kind === 'date' && dates && (
        <>
          <label class="date-field">
            <span class="label">{messages.createToken.dateLabel}</span>
            <input
              type="date"
              min={dates.min}
              max={dates.max}
              value={expiration.date}
              aria-invalid={Boolean(props.error)}
              aria-describedby={`${id}-error`}
              onInput={(event) => onChange({ kind: 'date', date: event.currentTarget.value })}
            />
          </label>
          {/* The browser shows a date field in the browser's language, so the page repeats the date in its own. */}
          {lastValidDay && (
            <p class="muted" role="status">
              {messages.createToken.lastValidDay(lastValidDay)}
            </p>
          )}
          <p id={`${id}-error`} class="error-text">
            {props.error}
          </p>
        </>
      )}
      {expiration.kind === 'none' && (
        <p class="warning" role="status">
          {messages.createToken.noExpirationWarning}
        </p>
      )}
    </fieldset>
  );
}

/** Whether both select the same radio button; all dates share one. */
function isSameOption(a: Expiration, b: Expiration): boolean {
  return a.kind === 'lifetime' && b.kind === 'lifetime' ? a.seconds === b.seconds : a.kind === b.kind;
}
