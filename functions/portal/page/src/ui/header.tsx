/** The bar above everything. */

import { words } from '../words';

export function Header(props: { organization?: string | undefined; name?: string; onSignOut?: () => void }) {
  return (
    <header class="bar">
      <span class="brand">{words.brand}</span>
      <span class="who">
        {props.name && <span class="strong">{props.name}</span>}
        {props.organization && <span class="faint"> {words.organization(props.organization)}</span>}
      </span>
      <nav>
        <a href="docs">{words.documentation}</a>
        {props.onSignOut && (
          <button type="button" class="quiet" onClick={props.onSignOut}>
            {words.signOut}
          </button>
        )}
      </nav>
    </header>
  );
}
