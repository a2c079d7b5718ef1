/** Dialog with the form for a new token. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { CreatedToken } from '../api-types';
import {
  isSameDraft,
  prepareRequest,
  validateDraft,
  type FieldErrors,
  type IdempotentRequest,
  type TokenDraft,
} from '../create-request';
import { messages } from '../messages';
import { canonicalNetworks, requestedGrants, validateRestrictions } from '../restrictions';
import { Dialog, disabledWhile, ErrorNotice } from './components';
import { ExpirationField } from './expiration-field';
import { RestrictionsField } from './restrictions-field';
import { RolesField } from './roles-field';
import { TokenSummary } from './token-summary';
import { TokenTextsFields } from './token-texts-fields';

export function CreateTokenDialog(props: {
  api: ApiClient;
  /** Maximum lifetime in seconds; `null` if the operator sets no maximum. */
  maxLifetime: number | null;
  /** Owned by the parent component, which preserves it during a sign-in. */
  draft: TokenDraft;
  /** The most recent request, preserved in the same way. */
  lastRequest: IdempotentRequest | undefined;
  onDraftChange: (change: Partial<TokenDraft>) => void;
  onRequest: (request: IdempotentRequest) => void;
  onCreated: (token: CreatedToken) => void;
  onLeave: () => void;
}) {
  const { api, maxLifetime, draft, lastRequest, onDraftChange } = props;
  const [submitCount, setSubmitCount] = useState(0);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const form = useRef<HTMLFormElement>(null);
  const summaryId = useId();
  // Validation errors appear from the first submit on and disappear as soon as the field is valid.
  const fieldErrors: FieldErrors = submitCount > 0 ? validateDraft(draft, maxLifetime, Date.now()) : {};
  useEffect(() => {
    const invalidFields = [...(form.current?.querySelectorAll<HTMLElement>('[aria-invalid="true"]') ?? [])];
    for (const field of invalidFields) field.closest('details')?.setAttribute('open', '');
    invalidFields[0]?.focus();
  }, [submitCount]);

  const submit = async (event: Event) => {
    event.preventDefault();
    setSubmitCount(submitCount + 1);
    setError(undefined);
    if (isBusy || Object.keys(validateDraft(draft, maxLifetime, Date.now())).length > 0) return;
    const request = prepareRequest(draft, lastRequest, Date.now());
    props.onRequest(request);
    setIsBusy(true);
    try {
      props.onCreated(await api.createToken(request.body, request.key));
    } catch (error) {
      setError(error as ApiError);
      setIsBusy(false);
    }
  };
  const isRetry = isSameDraft(lastRequest?.draft, draft);
  const retryHint = isRetry ? messages.createToken.outcomeUnknown : messages.createToken.changedDraft;
  const failure =
    error?.code === 'connection'
      ? { title: messages.createToken.failedUnknown, text: `${error.message} ${retryHint}` }
      : { title: messages.createToken.failed };
  return (
    <Dialog title={messages.createToken.title} wide onLeave={isBusy ? () => {} : props.onLeave}>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        <TokenTextsFields draft={draft} errors={fieldErrors} onChange={onDraftChange} />
        <RolesField
          api={api}
          selectedIds={draft.roles}
          error={fieldErrors.roles}
          onChange={(roles) => onDraftChange({ roles })}
        />
        <ExpirationField
          maxLifetime={maxLifetime}
          expiration={draft.expiration}
          error={fieldErrors.date}
          onChange={(expiration) => onDraftChange({ expiration })}
        />
        <label class="option">
          <input
            type="checkbox"
            checked={draft.readOnly}
            onChange={(event) => onDraftChange({ readOnly: event.currentTarget.checked })}
          />
          <span>
            {messages.createToken.readOnly}
            <span class="muted block">{messages.createToken.readOnlyHint}</span>
          </span>
        </label>
        <label class="option">
          <input
            type="checkbox"
            checked={draft.renewable}
            onChange={(event) => onDraftChange({ renewable: event.currentTarget.checked })}
          />
          <span>
            {messages.createToken.renewable}
            <span class="muted block">{messages.createToken.renewableHint}</span>
          </span>
        </label>
        <RestrictionsField
          restrictions={draft.restrictions}
          errors={fieldErrors.restrictions}
          onChange={(restrictions) => onDraftChange({ restrictions })}
        />
        <div class="summary">
          <p class="strong">{messages.summary.title}</p>
          <p id={summaryId}>
            <DraftSummary draft={draft} />
          </p>
        </div>
        {error && <ErrorNotice {...failure} error={error} />}
        <div class="dialog-buttons">
          <button type="button" {...disabledWhile(isBusy, props.onLeave)}>
            {messages.cancel}
          </button>
          <button type="submit" class="primary" aria-disabled={isBusy} aria-describedby={summaryId}>
            {isBusy ? messages.createToken.busy : error ? messages.tryAgain : messages.createToken.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the token will be allowed at most. Invalid restrictions have no summary, since the token is not created with them. */
function DraftSummary({ draft }: { draft: TokenDraft }) {
  const { restrictions, readOnly } = draft;
  if (Object.keys(validateRestrictions(restrictions)).length > 0) return <>{messages.summary.incomplete}</>;
  const token = { grants: requestedGrants(restrictions), allowed_cidrs: canonicalNetworks(restrictions), read_only: readOnly };
  return <TokenSummary token={token} />;
}
