/** Dialog that confirms the revocation of a token. */

import { useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { TokenItem } from '../api-types';
import { formatLastUsed } from '../format';
import { messages } from '../messages';
import { Dialog, disabledWhile, ErrorNotice } from './components';

export function RevokeTokenDialog(props: {
  item: TokenItem;
  api: ApiClient;
  onRevoked: (item: TokenItem) => void;
  onLeave: () => void;
}) {
  const { item, api } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const revoke = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      props.onRevoked(await api.revokeToken(item.id));
    } catch (error) {
      setError(error as ApiError);
      setIsBusy(false);
    }
  };
  const unknownOutcome = error?.code === 'connection' ? `${error.message} ${messages.revokeToken.outcomeUnknown}` : undefined;
  const lastUsed = item.last_used
    ? messages.revokeToken.lastUsed(formatLastUsed(item.last_used, Date.now()))
    : messages.revokeToken.neverUsed;
  return (
    <Dialog title={messages.revokeToken.title(item.name)} onLeave={isBusy ? () => {} : props.onLeave}>
      <p class="id">{item.id}</p>
      <p>{messages.revokeToken.text}</p>
      <p>{lastUsed}</p>
      {error && (
        <ErrorNotice title={messages.revokeToken.failed} error={error} {...(unknownOutcome && { text: unknownOutcome })} />
      )}
      <div class="dialog-buttons">
        <button type="button" {...disabledWhile(isBusy, props.onLeave)} autofocus>
          {messages.cancel}
        </button>
        <button type="button" class="danger" {...disabledWhile(isBusy, () => void revoke())}>
          {isBusy ? messages.revokeToken.busy : error ? messages.tryAgain : messages.revokeToken.submit}
        </button>
      </div>
    </Dialog>
  );
}
