/** The page: who is not signed in is sent to do so, and comes back to where they were. */

import { useEffect, useMemo, useState } from 'preact/hooks';

import type { Configuration, Provider } from '../config';
import { SignIn, type Session } from '../session';
import { words } from '../messages';
import { Header } from './header';
import { Tokens, type Place } from './tokens-page';

type State =
  | { kind: 'leaving' }
  | { kind: 'in'; session: Session; place: Place | undefined }
  | ({ kind: 'sheet'; title: string; text: string } & Back);

/** Where a sign-in leads back to, and whether the provider is to ask who somebody is though it knows. */
interface Back {
  place?: Place | undefined;
  anew?: boolean | undefined;
}

export function App({ configuration }: { configuration: Configuration }) {
  const signIn = useMemo(() => new SignIn<Place>(configuration), []);
  const [state, setState] = useState<State>({ kind: 'leaving' });
  const leave = (provider: Provider, back: Back = {}) => {
    setState({ kind: 'leaving' });
    signIn.leave(provider, back.place, back.anew ?? false).catch((error: Error) => {
      sheet(words.signIn.failed, error.message, back);
    });
  };
  const sheet = (title: string, text: string, { place, anew }: Back = {}) => {
    setState({ kind: 'sheet', title, text, place, anew });
  };
  const arrive = async () => {
    const arrival = await signIn.arrive();
    const [provider, another] = signIn.providers;
    if (arrival.kind === 'in') setState(arrival);
    else if (arrival.kind === 'out') sheet(words.signIn.out, words.signIn.outText);
    else if (arrival.kind === 'failed') sheet(words.signIn.failed, arrival.sentence, arrival);
    else if (!provider) sheet(words.signIn.none, words.signIn.noneText);
    else if (another) sheet(words.signIn.title, words.signIn.choose);
    else leave(provider);
  };
  useEffect(() => void arrive(), []);

  if (state.kind === 'in') {
    return (
      <Tokens
        session={state.session}
        configuration={configuration}
        place={state.place}
        onSignIn={(place) => leave(state.session.provider, { place })}
        onUnaccepted={() => {
          void state.session.forget();
          sheet(words.signIn.failed, words.signIn.unaccepted, { anew: true });
        }}
        onSignOut={() => {
          setState({ kind: 'leaving' });
          void state.session.end().then((left) => left || sheet(words.signIn.out, words.signIn.outText));
        }}
      />
    );
  }
  return (
    <>
      <Header />
      <main class="sheet">
        {state.kind === 'leaving' ? (
          <p role="status">{words.signIn.busy}</p>
        ) : (
          <>
            <h1>{state.title}</h1>
            <p>{state.text}</p>
            {signIn.providers.map((provider) => (
              <button key={provider.name} type="button" class="primary" onClick={() => leave(provider, state)}>
                {words.signIn.with(provider.title)}
              </button>
            ))}
          </>
        )}
      </main>
    </>
  );
}
