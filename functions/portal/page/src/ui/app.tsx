/** Root component: signs the user in and shows the tokens page, or a notice if no user is signed in. */

import { useEffect, useMemo, useState } from 'preact/hooks';

import type { PortalConfig, SignInProvider } from '../config';
import { messages } from '../messages';
import { SignInClient, type Session } from '../session';
import { Isolated, MessageWith } from './components';
import { Header } from './header';
import { TokensPage, type TokensPageState } from './tokens-page';

type AppState =
  | { kind: 'redirecting'; text: string }
  | { kind: 'signed-in'; session: Session; returnState: TokensPageState | undefined }
  | ({ kind: 'notice'; title: string; text: string } & SignInOptions);

interface SignInOptions {
  /** State of the tokens page to restore after the sign-in. */
  returnState?: TokensPageState | undefined;
  /** Whether the provider asks for a login even if it has a session. */
  forceLogin?: boolean | undefined;
}

export function App({ config }: { config: PortalConfig }) {
  const client = useMemo(() => new SignInClient<TokensPageState>(config), []);
  const [state, setState] = useState<AppState>({ kind: 'redirecting', text: messages.signIn.busy });
  const signIn = (provider: SignInProvider, options: SignInOptions = {}) => {
    setState({ kind: 'redirecting', text: messages.signIn.busy });
    client.redirectToProvider(provider, options.returnState, options.forceLogin ?? false).catch((error: Error) => {
      showNotice(messages.signIn.failed, error.message, options);
    });
  };
  const showNotice = (title: string, text: string, { returnState, forceLogin }: SignInOptions = {}) => {
    setState({ kind: 'notice', title, text, returnState, forceLogin });
  };
  const start = async () => {
    const result = await client.handleRedirect();
    const [firstProvider, secondProvider] = client.providers;
    if (result.kind === 'signed-in') setState(result);
    else if (result.kind === 'signed-out') showNotice(messages.signIn.signedOut, messages.signIn.signedOutText);
    else if (result.kind === 'failed') showNotice(messages.signIn.failed, result.message, result);
    else if (!firstProvider) showNotice(messages.signIn.notConfigured, messages.signIn.notConfiguredText);
    else if (secondProvider) showNotice(messages.signIn.title, messages.signIn.choose);
    else signIn(firstProvider);
  };
  useEffect(() => void start(), []);

  if (state.kind === 'signed-in') {
    return (
      <TokensPage
        session={state.session}
        config={config}
        initialState={state.returnState}
        onSignIn={(returnState) => signIn(state.session.provider, { returnState })}
        onTokenRejected={() => {
          void state.session.clear();
          // Without a new login the provider would return the same rejected token again.
          showNotice(messages.signIn.failed, messages.signIn.tokenRejected, { forceLogin: true });
        }}
        onSignOut={() => {
          setState({ kind: 'redirecting', text: messages.signIn.signingOut });
          void state.session
            .signOut()
            .then((isRedirecting) => isRedirecting || showNotice(messages.signIn.signedOut, messages.signIn.signedOutText));
        }}
      />
    );
  }
  return (
    <>
      <Header />
      <main class="notice">
        {state.kind === 'redirecting' ? (
          <p role="status">{state.text}</p>
        ) : (
          <>
            <h1>{state.title}</h1>
            <p>
              <Isolated text={state.text} />
            </p>
            {client.providers.map((provider) => (
              <button key={provider.name} type="button" class="primary" onClick={() => signIn(provider, state)}>
                <MessageWith message={messages.signIn.with} value={provider.title} />
              </button>
            ))}
          </>
        )}
      </main>
    </>
  );
}
