/** Shows a new token, once. */

import { useEffect, useState } from 'preact/hooks';

import type { TokenItem } from '../api-types';
import { exact } from '../format';
import { words } from '../messages';
import { Copy, Dialog } from './components';

export function Created(props: { item: TokenItem; token: string; base: string; onDone: () => void }) {
  const { item, token } = props;
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, []);
  const command = `curl -sS '${props.base}/v1/access-tokens/self' -H 'Authorization: Bearer ${token}'`;
  const leave = () => setLeaving(true);
  return (
    <Dialog title={leaving ? words.created.leave : words.created.title} wide onLeave={leave}>
      {leaving ? (
        <>
          <p>{words.created.leaveText}</p>
          <div class="choices">
            <button type="button" class="danger" onClick={props.onDone}>
              {words.created.leaveAnyway}
            </button>
            <button type="button" class="primary" onClick={() => setLeaving(false)} autofocus>
              {words.created.back}
            </button>
          </div>
        </>
      ) : (
        <>
          <div class="once">
            <p class="strong">{words.created.once}</p>
            <p>{words.created.keep}</p>
          </div>
          <label class="field">
            <span class="label">{words.created.token(item.name)}</span>
            <textarea class="secret" readOnly rows={4} value={token} spellcheck={false} autocomplete="off" />
          </label>
          <Copy text={token} class="primary" autoFocus>
            {words.created.copy}
          </Copy>
          <p>
            {words.created.roles(item.assignments?.join(', ') ?? words.list.noRoles)}{' '}
            {item.expires_at ? words.created.expires(exact(item.expires_at)) : words.created.noExpiry}
          </p>
          <h3>{words.created.curl}</h3>
          <pre class="command" tabIndex={0} aria-label={words.created.curl}>
            {command}
          </pre>
          <Copy text={command}>
            {words.created.copyCurl}
          </Copy>
          <div class="choices">
            <button type="button" onClick={props.onDone}>
              {words.created.done}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}
