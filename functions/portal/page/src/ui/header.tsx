/** The bar above everything. What comes later has its place from the beginning, so that nothing moves. */

import { words } from '../messages';

export function Header(props: { organization?: string | undefined; name?: string | undefined; onSignOut?: () => void }) {
  return (
    <header class="bar">
      <span class="brand">{words.brand}</span>
      <nav>
        <a href="docs">{words.documentation}</a>
      </nav>
      <span class="who">
        {props.name && <span class="strong">{props.name}</span>}
        {props.organization && <span class="faint"> {words.organization(props.organization)}</span>}
      </span>
      {props.onSignOut && (
        <button type="button" class="quiet" onClick={props.onSignOut}>
          {words.signOut}
        </button>
      )}
    </header>
  );
}
