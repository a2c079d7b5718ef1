/** Asks before a token is revoked. */

import { useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { TokenItem } from '../api-types';
import { usedOn } from '../format';
import { words } from '../messages';
import { Dialog, Trouble, unless } from './components';

export function Revoke(props: { item: TokenItem; api: ApiClient; onRevoked: (item: TokenItem) => void; onLeave: () => void }) {
  const { item, api } = props;
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const revoke = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      props.onRevoked(await api.revokeToken(item.id));
    } catch (error) {
      setFailure(error as ApiError);
      setBusy(false);
    }
  };
  const unknown = failure?.code === 'connection' ? `${failure.message} ${words.revoke.unknown}` : undefined;
  return (
    <Dialog title={words.revoke.title(item.name)} onLeave={busy ? () => {} : props.onLeave}>
      <p class="id">{item.id}</p>
      <p>{words.revoke.text}</p>
      <p>{item.last_used ? words.revoke.used(usedOn(item.last_used, Date.now())) : words.revoke.unused}</p>
      {failure && <Trouble title={words.revoke.failed} failure={failure} {...(unknown && { text: unknown })} />}
      <div class="choices">
        <button type="button" {...unless(busy, props.onLeave)} autofocus>
          {words.cancel}
        </button>
        <button type="button" class="danger" {...unless(busy, () => void revoke())}>
          {busy ? words.revoke.busy : failure ? words.tryAgain : words.revoke.submit}
        </button>
      </div>
    </Dialog>
  );
}
