/** Header bar. `tokens.html` contains the same markup, so that the layout does not shift when the script renders it. */

import { messages } from '../messages';
import { Isolated, MessageWith } from './components';

export function Header(props: { organization?: string | undefined; name?: string | undefined; onSignOut?: () => void }) {
  return (
    <header class="bar">
      <span class="brand">{messages.brand}</span>
      <nav>
        <a href="docs">{messages.documentation}</a>
      </nav>
      <span class="user">
        {props.name && (
          <span class="strong">
            <Isolated text={props.name} />
          </span>
        )}
        {props.organization && (
          <span class="muted">
            {' '}
            <MessageWith message={messages.organization} value={props.organization} />
          </span>
        )}
      </span>
      {props.onSignOut && (
        <button type="button" class="quiet" onClick={props.onSignOut}>
          {messages.signOut}
        </button>
      )}
    </header>
  );
}
