/** Dialog that confirms the revocation of a token. */

import { useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { RevokedToken, TokenItem } from '../api-types';
import { formatLastUsed, formatPrincipal } from '../format';
import { messages } from '../messages';
import { Dialog, disabledWhile, ErrorNotice, Isolated, MessageWith } from './components';
import { RotationLinks } from './rotation-links';
import { TokenDescription } from './token-description';
import { TokenRestrictions } from './token-restrictions';

export function RevokeTokenDialog(props: {
  item: TokenItem;
  ownPrincipal: string;
  api: ApiClient;
  onRevoked: (response: RevokedToken) => void;
  /** The argument says whether the token may have been revoked, although no response says so. */
  onLeave: (isOutcomeUnknown: boolean) => void;
}) {
  const { item, api } = props;
  const [isFamily, setIsFamily] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const revoke = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      props.onRevoked(await api.revokeToken(item.id, isFamily));
    } catch (error) {
      setError(error as ApiError);
      setIsBusy(false);
    }
  };
  const isOutcomeUnknown = error?.code === 'connection';
  const leave = () => props.onLeave(isOutcomeUnknown);
  const failure = isOutcomeUnknown
    ? { title: messages.revokeToken.failedUnknown, text: `${error.message} ${messages.revokeToken.outcomeUnknown}` }
    : { title: messages.revokeToken.failed, ...(error?.code === 'not_found' && { text: messages.revokeToken.notFound }) };
  const lastUsed = item.last_used
    ? messages.revokeToken.lastUsed(formatLastUsed(item.last_used, Date.now()))
    : messages.revokeToken.neverUsed;
  const title = <MessageWith message={messages.revokeToken.title} value={item.name} />;
  return (
    <Dialog title={title} onLeave={isBusy ? () => {} : leave}>
      <p class="id">
        <Isolated text={item.id} />
      </p>
      <TokenDescription text={item.description} />
      <p>{messages.revokeToken.text}</p>
      <p>{lastUsed}</p>
      {item.owner && (
        <p>
          <MessageWith message={messages.revokeToken.owner} value={formatPrincipal(item.owner, props.ownPrincipal)} />
        </p>
      )}
      <TokenRestrictions item={item} />
      <RotationLinks item={item} />
      {(item.successor ?? item.rotated_from) && (
        <label class="option">
          <input
            type="checkbox"
            checked={isFamily}
            disabled={isBusy}
            onChange={(event) => setIsFamily(event.currentTarget.checked)}
          />
          <span>
            {messages.revokeToken.family}
            <span class="muted block">{messages.revokeToken.familyHint}</span>
          </span>
        </label>
      )}
      {error && <ErrorNotice {...failure} error={error} />}
      <div class="dialog-buttons">
        <button type="button" {...disabledWhile(isBusy, leave)} autofocus>
          {messages.cancel}
        </button>
        <button type="button" class="danger" {...disabledWhile(isBusy, () => void revoke())}>
          {isBusy ? messages.revokeToken.busy : error ? messages.tryAgain : messages.revokeToken.submit}
        </button>
      </div>
    </Dialog>
  );
}
