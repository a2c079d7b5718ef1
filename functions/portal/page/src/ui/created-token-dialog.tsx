/** Dialog that shows a new token, the only time that it can be shown. */

import { useEffect, useState } from 'preact/hooks';

import type { TokenItem } from '../api-types';
import { formatDateTime } from '../format';
import { messages } from '../messages';
import { tryItCommand } from '../try-it';
import { CopyButton, Dialog, MessageWith } from './components';
import { TokenSummary } from './token-summary';

export function CreatedTokenDialog(props: { item: TokenItem; token: string; base: string; onDone: () => void }) {
  const { item, token } = props;
  const [isLeaving, setIsLeaving] = useState(false);
  useEffect(() => {
    // The browser asks for confirmation before it leaves the page.
    const confirmUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', confirmUnload);
    return () => removeEventListener('beforeunload', confirmUnload);
  }, []);
  const command = tryItCommand(props.base);
  const title = isLeaving ? messages.createdToken.leaveTitle : messages.createdToken.title;
  return (
    <Dialog title={title} wide onLeave={() => setIsLeaving(true)}>
      {isLeaving ? (
        <>
          <p>{messages.createdToken.leaveText}</p>
          <div class="dialog-buttons">
            <button type="button" class="danger" onClick={props.onDone}>
              {messages.createdToken.leaveAnyway}
            </button>
            <button type="button" class="primary" onClick={() => setIsLeaving(false)} autofocus>
              {messages.createdToken.back}
            </button>
          </div>
        </>
      ) : (
        <>
          <div class="warning">
            <p class="strong">{messages.createdToken.once}</p>
            <p>{messages.createdToken.storeIt}</p>
          </div>
          <label class="field">
            <span class="label">
              <MessageWith message={messages.createdToken.token} value={item.name} />
            </span>
            <textarea class="secret" readOnly rows={4} value={token} spellcheck={false} autocomplete="off" />
          </label>
          <CopyButton text={token} class="primary" autoFocus>
            {messages.createdToken.copy}
          </CopyButton>
          <p>
            <MessageWith message={messages.createdToken.roles} value={item.assignments?.join(', ') ?? messages.list.noRoles} />{' '}
            {item.inherited_denies && (
              <>
                <MessageWith message={messages.createdToken.alsoDeniedBy} value={item.inherited_denies.join(', ')} />{' '}
              </>
            )}
            {item.expires_at ? messages.createdToken.expires(formatDateTime(item.expires_at)) : messages.createdToken.noExpiration}
          </p>
          <p>
            <TokenSummary token={item} />
          </p>
          {item.rotated_from && (
            <p class="warning">
              <MessageWith message={messages.createdToken.replaces} value={item.rotated_from} />
            </p>
          )}
          <h3>{messages.createdToken.tryIt}</h3>
          <p class="muted">{messages.createdToken.tryItHint}</p>
          <pre class="command" tabIndex={0} aria-label={messages.createdToken.tryIt}>
            {command}
          </pre>
          <CopyButton text={command}>{messages.createdToken.copyTryIt}</CopyButton>
          <div class="dialog-buttons">
            <button type="button" onClick={props.onDone}>
              {messages.createdToken.done}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}
