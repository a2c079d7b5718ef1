/** The page of a signed-in user: the token list and the dialogs to create, edit, rotate and revoke tokens. */

import { useEffect, useMemo, useState } from 'preact/hooks';

import { ApiClient } from '../api';
import type { CreatedToken, RevokedToken, Role, TokenItem } from '../api-types';
import type { PortalConfig } from '../config';
import { emptyDraft, type IdempotentRequest, type TokenDraft } from '../create-request';
import { messages } from '../messages';
import { rotatedMembers, rotationForm, type RotationForm } from '../rotation';
import type { Session } from '../session';
import {
  addChange,
  addRevocation,
  changesAfterReload,
  DEFAULT_LIST_OPTIONS,
  mergeChanges,
  NO_CHANGES,
  SYSTEM_TOKEN_TYPES,
  USER_TOKEN_TYPES,
  type ListOptions,
  type TokenRow,
} from '../token-list';
import { editForm, type EditForm } from '../token-texts';
import { Dialog, MessageWith } from './components';
import { CreateTokenDialog } from './create-token-dialog';
import { CreatedTokenDialog } from './created-token-dialog';
import { EditTokenDialog } from './edit-token-dialog';
import { Header } from './header';
import { RevokeTokenDialog } from './revoke-token-dialog';
import { RotateTokenDialog } from './rotate-token-dialog';
import { TokenList } from './token-list';
import { useTokenAccess } from './use-token-access';
import { useTokenPages } from './use-token-pages';

/** The state that survives a sign-in. It is written to `sessionStorage`, so it must not contain a token. */
export interface TokensPageState {
  listOptions: ListOptions;
  /** The form for a new token, if it is open. */
  createForm?: CreateFormState | undefined;
  /** The form to change the texts of a token, if it is open. */
  editForm?: EditForm | undefined;
  /** The form to rotate a token, if it is open. */
  rotateForm?: RotationForm | undefined;
}

interface CreateFormState {
  draft: TokenDraft;
  lastRequest: IdempotentRequest | undefined;
}

/** A message about a token. */
interface Notification {
  message: (name: string) => string;
  name: string;
  /** The token that replaces a revoked token, and is not revoked. */
  remainingSuccessor?: string | undefined;
}

/** How long a notification is visible. The list shows the same information afterwards. */
const NOTIFICATION_MS = 8_000;

export function TokensPage(props: {
  session: Session;
  config: PortalConfig;
  initialState: TokensPageState | undefined;
  onSignIn: (returnState: TokensPageState) => void;
  /** Runs when the API rejects a token that the provider has just issued. */
  onTokenRejected: () => void;
  onSignOut: () => void;
}) {
  const { session, config, initialState } = props;
  const maxLifetime = config.max_lifetime;
  const [isSessionEnded, setIsSessionEnded] = useState(false);
  const onUnauthenticated = (wasAccepted: boolean) => (wasAccepted ? setIsSessionEnded(true) : props.onTokenRejected());
  const api = useMemo(() => new ApiClient(session, onUnauthenticated), [session]);
  const [listOptions, setListOptions] = useState(initialState?.listOptions ?? DEFAULT_LIST_OPTIONS);
  const [createForm, setCreateForm] = useState(() => restoredForm(initialState?.createForm, maxLifetime));
  const [openEditForm, setEditForm] = useState(initialState?.editForm);
  const [rotateForm, setRotateForm] = useState(initialState?.rotateForm);
  const [changes, setChanges] = useState(NO_CHANGES);
  const [created, setCreated] = useState<{ item: TokenItem; token: string }>();
  const [itemToRevoke, setItemToRevoke] = useState<TokenItem>();
  const [notification, setNotification] = useState<Notification>();
  const userTokens = useTokenPages(api, USER_TOKEN_TYPES, true);
  const systemTokens = useTokenPages(api, SYSTEM_TOKEN_TYPES, listOptions.showSystemTokens);
  const ownRoles = useOwnRoles(api);
  const access = useTokenAccess(api);

  const rows = mergeChanges([...userTokens.items, ...systemTokens.items], changes);
  const refresh = () => {
    setNotification(undefined);
    userTokens.refresh();
    if (listOptions.showSystemTokens) systemTokens.refresh();
  };
  const onCreated = ({ token, ...item }: CreatedToken) => {
    setCreateForm(undefined);
    setCreated({ item, token });
    // The default options show the new token in the first row.
    setListOptions(({ showSystemTokens }) => ({ ...DEFAULT_LIST_OPTIONS, showSystemTokens }));
    setChanges((changes) => ({ ...changes, created: [...changes.created, { item, at: Date.now() }] }));
  };
  const onChanged = ({ id, name, description }: TokenItem) => {
    setEditForm(undefined);
    setChanges((changes) => addChange(changes, id, { name, description }, Date.now()));
    setNotification({ message: messages.editToken.saved, name });
  };
  const onRotated = ({ item, draft }: RotationForm, token: CreatedToken) => {
    setRotateForm(undefined);
    onCreated(token);
    const members = rotatedMembers(item, token, draft.overlapSeconds);
    setChanges((changes) => addChange(changes, item.id, members, Date.now()));
  };
  const onRevoked = (response: RevokedToken) => {
    setItemToRevoke(undefined);
    setChanges((changes) => addRevocation(changes, response, rows, Date.now()));
    const { name, successor } = response;
    const isRevoked = successor === undefined || response.also_revoked?.includes(successor) || isShownRevoked(rows, successor);
    const remainingSuccessor = isRevoked ? undefined : successor;
    setNotification({ message: messages.revokeToken.revoked, name, remainingSuccessor });
  };
  const { loadedAt } = userTokens;
  useEffect(() => {
    if (loadedAt !== undefined) setChanges((changes) => changesAfterReload(changes, loadedAt));
  }, [loadedAt]);
  useEffect(() => {
    const timer = setTimeout(() => setNotification(undefined), NOTIFICATION_MS);
    return () => clearTimeout(timer);
  }, [notification]);
  const onSaved = () => {
    setNotification({ message: messages.createdToken.saved, name: created?.item.name ?? '' });
    setCreated(undefined);
  };
  return (
    <>
      <Header
        name={ownRoles === undefined ? undefined : session.name}
        organization={ownRoles?.[0]?.organization_id}
        onSignOut={props.onSignOut}
      />
      <main>
        <TokenList
          rows={rows}
          loads={listOptions.showSystemTokens ? [userTokens, systemTokens] : [userTokens]}
          options={listOptions}
          ownPrincipal={session.principal}
          loadKeySet={(family) => api.loadKeySet(family)}
          access={access}
          ownRoles={ownRoles}
          onOptionsChange={(change) => setListOptions((options) => ({ ...options, page: 0, ...change }))}
          onRefresh={refresh}
          onCreate={() => setCreateForm({ draft: emptyDraft(maxLifetime), lastRequest: undefined })}
          onEdit={(item) => setEditForm(editForm(item))}
          onRotate={(item) => setRotateForm(rotationForm(item))}
          onRevoke={setItemToRevoke}
        />
      </main>
      <p class={notification ? 'notification' : 'visually-hidden'} role="status">
        {notification && <MessageWith message={notification.message} value={notification.name} />}
        {notification?.remainingSuccessor && (
          <span class="block">
            <MessageWith message={messages.revokeToken.successorRemains} value={notification.remainingSuccessor} />
          </span>
        )}
      </p>
      {createForm && !isSessionEnded && (
        <CreateTokenDialog
          api={api}
          maxLifetime={maxLifetime}
          draft={createForm.draft}
          lastRequest={createForm.lastRequest}
          onDraftChange={(change) => setCreateForm((form) => form && { ...form, draft: { ...form.draft, ...change } })}
          onRequest={(lastRequest) => setCreateForm((form) => form && { ...form, lastRequest })}
          onCreated={onCreated}
          onLeave={() => {
            setCreateForm(undefined);
            // A request whose response was lost may have created a token, which the list then shows.
            if (createForm.lastRequest) refresh();
          }}
        />
      )}
      {openEditForm && !isSessionEnded && (
        <EditTokenDialog
          api={api}
          form={openEditForm}
          onDraftChange={(change) => setEditForm((form) => form && { ...form, draft: { ...form.draft, ...change } })}
          onChanged={onChanged}
          onLeave={(isListStale) => {
            setEditForm(undefined);
            if (isListStale) refresh();
          }}
        />
      )}
      {rotateForm && !isSessionEnded && (
        <RotateTokenDialog
          api={api}
          maxLifetime={maxLifetime}
          form={rotateForm}
          onDraftChange={(change) => setRotateForm((form) => form && { ...form, draft: { ...form.draft, ...change } })}
          onPendingChange={(pendingRequest) => setRotateForm((form) => form && { ...form, pendingRequest })}
          onRotated={(token) => onRotated(rotateForm, token)}
          onLeave={(isListStale) => {
            setRotateForm(undefined);
            if (isListStale) refresh();
          }}
        />
      )}
      {created && <CreatedTokenDialog item={created.item} token={created.token} base={config.base} onDone={onSaved} />}
      {itemToRevoke && !isSessionEnded && (
        <RevokeTokenDialog
          item={itemToRevoke}
          ownPrincipal={session.principal}
          api={api}
          onRevoked={onRevoked}
          onLeave={(isOutcomeUnknown) => {
            setItemToRevoke(undefined);
            if (isOutcomeUnknown) refresh();
          }}
        />
      )}
      {isSessionEnded && !created && <SessionEndedDialog onSignIn={() => props.onSignIn({ listOptions, createForm, editForm: openEditForm, rotateForm })} />}
    </>
  );
}

/** Returns the form with every field, which the page that stored it may not have had. */
function restoredForm(form: CreateFormState | undefined, maxLifetime: number | null): CreateFormState | undefined {
  return form && { ...form, draft: { ...emptyDraft(maxLifetime), ...form.draft } };
}

function isShownRevoked(rows: TokenRow[], id: string): boolean {
  return rows.some(({ item }) => item.id === id && item.revoked_at !== undefined);
}

function SessionEndedDialog({ onSignIn }: { onSignIn: () => void }) {
  return (
    <Dialog title={messages.signIn.sessionEnded} onLeave={onSignIn}>
      <p>{messages.signIn.sessionEndedText}</p>
      <div class="dialog-buttons">
        <button type="button" class="primary" onClick={onSignIn} autofocus>
          {messages.signIn.title}
        </button>
      </div>
    </Dialog>
  );
}

/** Loads the user's roles: `undefined` while loading, `null` after a failure, which is not shown because the roles are optional. */
function useOwnRoles(api: ApiClient): Role[] | null | undefined {
  const [roles, setRoles] = useState<Role[] | null>();
  useEffect(() => {
    api.listRoles(false).then(setRoles, () => setRoles(null));
  }, [api]);
  return roles;
}
