/**
 * Signing in: authorization code with PKCE (RFC 7636). Tokens are in memory alone; what a sign-in on its way needs to know when it
 * comes back is in `sessionStorage`, and taken out of it there.
 */

import { ErrorResponse, InMemoryWebStorage, UserManager, WebStorageStateStore, type User } from 'oidc-client-ts';

import type { Credentials } from './api';
import type { Configuration, Provider } from './config';
import { words } from './messages';

/** How a page load begins. */
export type Arrival<Place> =
  | { kind: 'in'; session: Session; place: Place | undefined }
  | { kind: 'out' }
  | { kind: 'new' }
  | { kind: 'failed'; sentence: string; place: Place | undefined };

/** What the sign-ins on their way are kept under in `sessionStorage`: the library's own prefix. */
const KEPT = 'oidc.';

/** How long the provider may take to answer the page, in seconds. */
const PATIENCE = 15;

/** Takes people to the providers and back. */
export class SignIn<Place> {
  constructor(private readonly configuration: Configuration) {}

  get providers(): Provider[] {
    return this.configuration.providers;
  }

  /** Looks at what the address says, and takes it out of there. */
  async arrive(): Promise<Arrival<Place>> {
    const address = new URL(location.href);
    const query = address.searchParams;
    history.replaceState(null, '', address.pathname);
    const [state, name] = query.get('state')?.split(';') ?? [];
    if (state === undefined) return { kind: leftToSignOut() ? 'out' : 'new' };
    // The library forgets it before it knows whether the sign-in succeeds.
    const place = kept(state)?.data as Place | undefined;
    try {
      const provider = this.providers.find((one) => one.name === name);
      if (!provider) return { kind: 'failed', sentence: words.signIn.stranger, place };
      const manager = this.manager(provider);
      if (!query.has('code') && !query.has('error')) {
        await manager.signoutCallback(address.href);
        return { kind: 'out' };
      }
      if (!(await answers(provider, manager, query.get('iss')))) {
        return { kind: 'failed', sentence: words.signIn.stranger, place };
      }
      const user = await manager.signinRedirectCallback(address.href);
      return { kind: 'in', session: new Session(provider, manager, user), place };
    } catch (error) {
      return { kind: 'failed', sentence: why(error), place };
    }
  }

  /**
   * Leaves for the provider; `place` is where to come back to. With `anew` it asks who somebody is though it knows. It fails with a
   * sentence.
   */
  async leave(provider: Provider, place: Place | undefined, anew: boolean): Promise<never> {
    try {
      const manager = this.manager(provider);
      await manager.clearStaleState();
      const prompt = anew ? { prompt: 'login' } : {};
      await manager.signinRedirect({ state: place, url_state: provider.name, redirectMethod: 'replace', ...prompt });
    } catch (error) {
      throw new Error(why(error));
    }
    // The page is being left.
    return new Promise(() => {});
  }

  private manager(provider: Provider): UserManager {
    const here = `${this.configuration.base}/tokens`;
    return new UserManager({
      authority: provider.issuer,
      client_id: provider.client_id,
      scope: provider.scope,
      extraQueryParams: provider.parameters,
      redirect_uri: here,
      post_logout_redirect_uri: here,
      response_type: 'code',
      // Without a refresh token there would be a hidden frame in its place, which the page's policy forbids.
      automaticSilentRenew: false,
      requestTimeoutInSeconds: PATIENCE,
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      stateStore: new WebStorageStateStore({ store: sessionStorage }),
    });
  }
}

/** Somebody who is signed in. */
export class Session implements Credentials {
  private renewing: Promise<boolean> | undefined;

  constructor(
    readonly provider: Provider,
    private readonly manager: UserManager,
    private user: User,
  ) {
    manager.events.addUserLoaded((renewed) => void (this.user = renewed));
    manager.events.addAccessTokenExpiring(() => void this.renew());
  }

  /** What the person is called. */
  get name(): string {
    const { name, email, preferred_username: username, sub } = this.user.profile;
    return name ?? email ?? username ?? sub;
  }

  /** Who the person is in the ledger. */
  get principal(): string {
    return `${this.provider.name}|${String(this.user.profile[this.provider.user_claim] ?? '')}`;
  }

  bearerToken(): string {
    return this.user[this.provider.token] ?? '';
  }

  /** Exchanges the refresh token, where there is one: once, however many ask meanwhile. */
  renew(): Promise<boolean> {
    this.renewing ??= this.exchange().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  /** Forgets the tokens, and renews them no more. */
  forget(): Promise<void> {
    return this.manager.removeUser();
  }

  private async exchange(): Promise<boolean> {
    if (!this.user.refresh_token) return false;
    try {
      return (await this.manager.signinSilent()) !== null;
    } catch {
      return false;
    }
  }

  /** Forgets everything, and leaves for the provider to be signed out there too. `false` where it has no place for that. */
  async end(): Promise<boolean> {
    try {
      await this.manager.signoutRedirect({ state: {}, url_state: this.provider.name, redirectMethod: 'replace' });
      return true;
    } catch {
      await this.forget();
      return false;
    }
  }
}

/** Whether it is the provider that was asked who answers (RFC 9207). */
async function answers(provider: Provider, manager: UserManager, issuer: string | null): Promise<boolean> {
  const metadata = (await manager.metadataService.getMetadata()) as Record<string, unknown>;
  return issuer === null ? metadata.authorization_response_iss_parameter_supported !== true : issuer === provider.issuer;
}

/** What is kept of a sign-in or a sign-out that is on its way. */
function kept(state: string): Record<string, unknown> | undefined {
  const text = sessionStorage.getItem(KEPT + state);
  return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>);
}

/** Whether somebody left to sign out, and forgets it: not every provider says so when it sends them back. */
function leftToSignOut(): boolean {
  const states = Object.keys(sessionStorage).filter((key) => key.startsWith(KEPT)).map((key) => key.slice(KEPT.length));
  const left = states.filter((state) => kept(state)?.request_type === 'so:r');
  for (const state of left) sessionStorage.removeItem(KEPT + state);
  return left.length > 0;
}

/** Why signing in failed, in a sentence. */
function why(error: unknown): string {
  if (error instanceof ErrorResponse) return words.signIn.refused(error.error_description ?? error.error ?? '');
  const strange = error instanceof Error && /state/i.test(error.message);
  return strange ? words.signIn.stranger : words.signIn.unreachable;
}
