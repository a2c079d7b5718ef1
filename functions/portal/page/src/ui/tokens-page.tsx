/** What somebody sees who is signed in. */

import { useEffect, useMemo, useState } from 'preact/hooks';

import { ApiClient } from '../api';
import type { CreatedToken, Role, TokenItem } from '../api-types';
import type { Configuration } from '../config';
import { emptyDraft, type Attempt, type Draft } from '../create-request';
import type { Session } from '../session';
import { FIRST_VIEW, LISTED, NO_CHANGES, reloaded, rows, SYSTEM, type View } from '../token-list';
import { words } from '../messages';
import { Created } from './created-token-dialog';
import { Generate } from './create-token-dialog';
import { Header } from './header';
import { List } from './token-list';
import { usePages } from './use-token-pages';
import { Dialog } from './components';
import { Revoke } from './revoke-token-dialog';

/** Where somebody is, so far as they should come back to it. It holds no token. */
export interface Place {
  view: View;
  /** The form, while it is open. */
  form?: Form | undefined;
}

/** For how long a message stands there, in milliseconds. What it says is in the list as well. */
const SAID = 8_000;

interface Form {
  draft: Draft;
  last: Attempt | undefined;
}

export function Tokens(props: {
  session: Session;
  configuration: Configuration;
  place: Place | undefined;
  onSignIn: (place: Place) => void;
  onUnaccepted: () => void;
  onSignOut: () => void;
}) {
  const { session, configuration } = props;
  const ceiling = configuration.max_lifetime;
  const [ended, setEnded] = useState(false);
  const refused = (wereAccepted: boolean) => (wereAccepted ? setEnded(true) : props.onUnaccepted());
  const api = useMemo(() => new ApiClient(session, refused), [session]);
  const [view, setView] = useState(props.place?.view ?? FIRST_VIEW);
  const [form, setForm] = useState(props.place?.form);
  const [changes, setChanges] = useState(NO_CHANGES);
  const [created, setCreated] = useState<{ item: TokenItem; token: string }>();
  const [revoking, setRevoking] = useState<TokenItem>();
  const [said, say] = useState('');
  const listed = usePages(api, LISTED, true);
  const system = usePages(api, SYSTEM, view.system);
  const held = useHeld(api);

  const refresh = () => {
    say('');
    setChanges((now) => reloaded(now, Date.now()));
    listed.refresh();
    if (view.system) system.refresh();
  };
  const onCreated = ({ token, ...item }: CreatedToken) => {
    setForm(undefined);
    setCreated({ item, token });
    // Where it is seen at once.
    setView((now) => ({ ...FIRST_VIEW, system: now.system }));
    setChanges((now) => ({ ...now, made: [...now.made, { item, at: Date.now() }] }));
  };
  const onRevoked = (item: TokenItem) => {
    setRevoking(undefined);
    setChanges((now) => ({ ...now, revoked: [...now.revoked, item] }));
    say(words.revoke.said(item.name));
  };
  useEffect(() => {
    const timer = setTimeout(() => say(''), SAID);
    return () => clearTimeout(timer);
  }, [said]);
  const onDone = () => {
    say(words.created.said(created?.item.name ?? ''));
    setCreated(undefined);
  };
  return (
    <>
      <Header name={held === undefined ? undefined : session.name} organization={held?.[0]?.organization_id} onSignOut={props.onSignOut} />
      <main>
        <List
          rows={rows([...listed.items, ...system.items], changes)}
          lists={view.system ? [listed, system] : [listed]}
          view={view}
          own={session.principal}
          held={held}
          onView={(change) => setView((now) => ({ ...now, page: 0, ...change }))}
          onRefresh={refresh}
          onGenerate={() => setForm({ draft: emptyDraft(ceiling), last: undefined })}
          onRevoke={setRevoking}
        />
      </main>
      <p class={said ? 'said' : 'unseen'} role="status">
        {said}
      </p>
      {form && !ended && (
        <Generate
          api={api}
          ceiling={ceiling}
          draft={form.draft}
          last={form.last}
          onDraft={(change) => setForm((now) => now && { ...now, draft: { ...now.draft, ...change } })}
          onAttempt={(last) => setForm((now) => now && { ...now, last })}
          onCreated={onCreated}
          onLeave={() => {
            setForm(undefined);
            // Of an order whose answer was lost the list knows.
            if (form.last) refresh();
          }}
        />
      )}
      {created && <Created item={created.item} token={created.token} base={configuration.base} onDone={onDone} />}
      {revoking && !ended && <Revoke item={revoking} api={api} onRevoked={onRevoked} onLeave={() => setRevoking(undefined)} />}
      {ended && !created && <Ended onSignIn={() => props.onSignIn({ view, form })} />}
    </>
  );
}

function Ended({ onSignIn }: { onSignIn: () => void }) {
  return (
    <Dialog title={words.signIn.endedTitle} onLeave={onSignIn}>
      <p>{words.signIn.ended}</p>
      <div class="choices">
        <button type="button" class="primary" onClick={onSignIn} autofocus>
          {words.signIn.title}
        </button>
      </div>
    </Dialog>
  );
}

/** The roles of whoever is signed in, which explain something here and there; `null` where they could not be had. */
function useHeld(api: ApiClient): Role[] | null | undefined {
  const [held, setHeld] = useState<Role[] | null>();
  useEffect(() => {
    api.listRoles(false).then(setHeld, () => setHeld(null));
  }, [api]);
  return held;
}
