/** Dialog that changes the name and the description of a token. */

import { useEffect, useRef, useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { TokenItem } from '../api-types';
import { messages } from '../messages';
import { updateRequest, validateTexts, type EditForm, type TextErrors, type TextsDraft } from '../token-texts';
import { Dialog, disabledWhile, ErrorNotice, Isolated, MessageWith } from './components';
import { TokenTextsFields } from './token-texts-fields';

export function EditTokenDialog(props: {
  api: ApiClient;
  /** Owned by the parent component, which preserves it during a sign-in. */
  form: EditForm;
  onDraftChange: (change: Partial<TextsDraft>) => void;
  onChanged: (item: TokenItem) => void;
  /** The argument says whether the list may be out of date. */
  onLeave: (isListStale: boolean) => void;
}) {
  const { api, form } = props;
  const { item, draft } = form;
  const [submitCount, setSubmitCount] = useState(0);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const formElement = useRef<HTMLFormElement>(null);
  const errors: TextErrors = submitCount > 0 ? validateTexts(draft) : {};
  useEffect(() => formElement.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [submitCount]);

  const submit = async (event: Event) => {
    event.preventDefault();
    setSubmitCount(submitCount + 1);
    setError(undefined);
    if (isBusy || Object.keys(validateTexts(draft)).length > 0) return;
    const request = updateRequest(form);
    if (!request) return props.onLeave(error !== undefined);
    setIsBusy(true);
    try {
      props.onChanged(await api.updateToken(item.id, request));
    } catch (error) {
      setError(error as ApiError);
      setIsBusy(false);
    }
  };
  // Another user may have changed or revoked the token.
  const leave = () => props.onLeave(error !== undefined);
  const failure =
    error?.code === 'connection'
      ? { title: messages.editToken.failedUnknown, text: `${error.message} ${messages.editToken.outcomeUnknown}` }
      : { title: messages.editToken.failed, ...(error?.code === 'not_found' && { text: messages.editToken.notFound }) };
  return (
    <Dialog title={<MessageWith message={messages.editToken.title} value={item.name} />} onLeave={isBusy ? () => {} : leave}>
      <form ref={formElement} onSubmit={(event) => void submit(event)} noValidate>
        <p class="id">
          <Isolated text={item.id} />
        </p>
        <p>{messages.editToken.text}</p>
        <TokenTextsFields draft={draft} errors={errors} onChange={props.onDraftChange} />
        {error && <ErrorNotice {...failure} error={error} />}
        <div class="dialog-buttons">
          <button type="button" {...disabledWhile(isBusy, leave)}>
            {messages.cancel}
          </button>
          <button type="submit" class="primary" aria-disabled={isBusy}>
            {isBusy ? messages.editToken.busy : error ? messages.tryAgain : messages.editToken.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
