/** When a new token ends. */

import { useId } from 'preact/hooks';

import { day } from '../format';
import { choosableDays, lifetimeText, offeredLifetimes, type Expiry } from '../create-request';
import { words } from '../messages';

export function ExpiryField(props: {
  ceiling: number | null;
  expiry: Expiry;
  wrong: string | undefined;
  onChange: (expiry: Expiry) => void;
}) {
  const { ceiling, expiry, onChange } = props;
  const id = useId();
  const now = Date.now();
  const days = choosableDays(ceiling, now);
  const option = (value: Expiry, label: string, note = '') => (
    <label class="option">
      <input
        type="radio"
        name={id}
        checked={expiry.kind === value.kind && (value.kind !== 'lifetime' || JSON.stringify(expiry) === JSON.stringify(value))}
        onChange={() => onChange(value)}
      />
      <span>
        {label} {note && <span class="faint">{note}</span>}
      </span>
    </label>
  );
  return (
    <fieldset class="field">
      <legend class="label">{words.generate.expiry}</legend>
      <div class="options">
        {offeredLifetimes(ceiling).map((seconds) =>
          option({ kind: 'lifetime', seconds }, lifetimeText(seconds), words.generate.until(day(now + seconds * 1_000))),
        )}
        {days && option({ kind: 'date', date: '' }, words.generate.date)}
        {ceiling === null && option({ kind: 'none' }, words.generate.none)}
      </div>
      {expiry.kind === 'date' && days && (
        <>
          <label class="below">
            <span class="label">{words.generate.dateLabel}</span>
            <input
              type="date"
              min={days.min}
              max={days.max}
              value={expiry.date}
              aria-invalid={Boolean(props.wrong)}
              aria-describedby={`${id}-wrong`}
              onInput={(event) => onChange({ kind: 'date', date: event.currentTarget.value })}
            />
          </label>
          <p id={`${id}-wrong`} class="wrong">
            {props.wrong}
          </p>
        </>
      )}
      {expiry.kind === 'none' && (
        <p class="risk" role="status">
          {words.generate.noneRisk}
        </p>
      )}
    </fieldset>
  );
}
