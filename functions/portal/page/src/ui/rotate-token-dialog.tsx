/** Dialog that rotates a token: generates a new token that replaces it after an overlap. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { CreatedToken, RotateTokenRequest } from '../api-types';
import { formatDate, formatLifetime, formatShortDateTime } from '../format';
import { messages } from '../messages';
import {
  hasSelectableLifetime,
  isFinalError,
  isValidRotation,
  maxSuccessorLifetime,
  overlapEnd,
  OVERLAPS_SECONDS,
  pendingAfterError,
  rotationRequest,
  unchangedExpiration,
  type RotationDraft,
  type RotationForm,
} from '../rotation';
import { Dialog, disabledWhile, ErrorNotice, Isolated, MessageWith } from './components';
import { ExpirationField } from './expiration-field';
import { TokenDescription } from './token-description';

export function RotateTokenDialog(props: {
  api: ApiClient;
  /** Maximum lifetime in seconds; `null` if the operator sets no maximum. */
  maxLifetime: number | null;
  /** Owned by the parent component, which preserves it during a sign-in. */
  form: RotationForm;
  onDraftChange: (change: Partial<RotationDraft>) => void;
  /** Runs with each change of the request whose outcome is unknown. */
  onPendingChange: (request: RotateTokenRequest | undefined) => void;
  onRotated: (token: CreatedToken) => void;
  /** The argument says whether the list may be out of date. */
  onLeave: (isListStale: boolean) => void;
}) {
  const { api, form, onDraftChange } = props;
  const { item, draft, pendingRequest } = form;
  const maxLifetime = maxSuccessorLifetime(item, props.maxLifetime);
  const [submitCount, setSubmitCount] = useState(0);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const formElement = useRef<HTMLFormElement>(null);
  const submitButton = useRef<HTMLButtonElement>(null);
  const isValid = isValidRotation(form, props.maxLifetime, Date.now());
  useEffect(() => formElement.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [submitCount]);

  const submit = async (event: Event) => {
    event.preventDefault();
    setSubmitCount(submitCount + 1);
    setError(undefined);
    if (isBusy || !(pendingRequest || isValid)) return;
    const request = rotationRequest(form, Date.now());
    props.onPendingChange(request);
    setIsBusy(true);
    try {
      props.onRotated(await api.rotateToken(item.id, request));
    } catch (error) {
      props.onPendingChange(pendingAfterError(form, request, (error as ApiError).code));
      setError(error as ApiError);
      setIsBusy(false);
      // The request has disabled the focused field.
      submitButton.current?.focus();
    }
  };
  const isOutcomeUnknown = pendingRequest !== undefined && !isBusy;
  const isListStale = isOutcomeUnknown || (error !== undefined && isFinalError(error.code));
  const leave = () => props.onLeave(isListStale);
  const failure = isOutcomeUnknown
    ? { title: messages.rotateToken.failedUnknown, text: `${error?.message} ${messages.rotateToken.outcomeUnknown}` }
    : { title: messages.rotateToken.failed, ...(error?.code === 'not_found' && { text: messages.rotateToken.notFound }) };
  return (
    <Dialog title={<MessageWith message={messages.rotateToken.title} value={item.name} />} wide onLeave={isBusy ? () => {} : leave}>
      <form ref={formElement} onSubmit={(event) => void submit(event)} noValidate>
        <p class="id">
          <Isolated text={item.id} />
        </p>
        <TokenDescription text={item.description} />
        <p>{messages.rotateToken.text}</p>
        <p>{messages.rotateToken.endText}</p>
        {item.successor && <p class="warning">{messages.rotateToken.again}</p>}
        <fieldset class="values" disabled={pendingRequest !== undefined}>
          <OverlapField form={form} onChange={(overlapSeconds) => onDraftChange({ overlapSeconds })} />
          {hasSelectableLifetime(item) && (
            <ExpirationField
              label={messages.rotateToken.expiration}
              maxLifetime={maxLifetime}
              unchanged={unchangedNote(form, props.maxLifetime)}
              expiration={draft.expiration}
              error={submitCount > 0 && !isValid ? messages.createToken.dateInvalid : undefined}
              onChange={(expiration) => onDraftChange({ expiration })}
            />
          )}
        </fieldset>
        {error && <ErrorNotice {...failure} error={error} />}
        {isOutcomeUnknown && !error && <p class="warning">{messages.rotateToken.outcomeUnknown}</p>}
        <div class="dialog-buttons">
          <button type="button" {...disabledWhile(isBusy, leave)}>
            {messages.cancel}
          </button>
          <button ref={submitButton} type="submit" class="primary" aria-disabled={isBusy} autofocus={pendingRequest !== undefined}>
            {isBusy ? messages.rotateToken.busy : error || isOutcomeUnknown ? messages.tryAgain : messages.rotateToken.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function OverlapField({ form, onChange }: { form: RotationForm; onChange: (overlapSeconds: number) => void }) {
  const name = useId();
  const now = Date.now();
  return (
    <fieldset class="field">
      <legend class="label">{messages.rotateToken.overlap}</legend>
      <div class="options">
        {OVERLAPS_SECONDS.map((seconds) => {
          const until = messages.createToken.until(formatShortDateTime(overlapEnd(form.item, seconds, now)));
          return (
            <label key={seconds} class="option">
              <input
                type="radio"
                name={name}
                checked={form.draft.overlapSeconds === seconds}
                onChange={() => onChange(seconds)}
                autofocus={form.draft.overlapSeconds === seconds && form.pendingRequest === undefined}
              />
              <span>
                {seconds === 0 ? messages.rotateToken.noOverlap : formatLifetime(seconds)}{' '}
                <span class="muted">{seconds === 0 ? messages.rotateToken.endsAtOnce : until}</span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function unchangedNote({ item }: RotationForm, maxLifetime: number | null): string {
  const end = unchangedExpiration(item, maxLifetime, Date.now());
  return end === undefined ? messages.rotateToken.unchangedNone : messages.createToken.until(formatDate(end));
}
