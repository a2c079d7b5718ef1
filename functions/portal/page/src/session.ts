/**
 * Sign-in with the authorization code flow and PKCE (RFC 7636). Tokens are kept in memory only. `sessionStorage` contains the state
 * of a pending redirect: the PKCE verifier and the page state to restore. It is removed when the redirect returns.
 */

import { ErrorResponse, InMemoryWebStorage, UserManager, WebStorageStateStore, type User } from 'oidc-client-ts';

import type { Credentials } from './api';
import type { PortalConfig, SignInProvider } from './config';
import { messages } from './messages';
import { signOutParameters } from './sign-out';
import { readUserClaim } from './user-claim';

/** Outcome of a page load. `returnState` is the state of the page that the sign-in interrupted. */
export type SignInResult<ReturnState> =
  | { kind: 'signed-in'; session: Session; returnState: ReturnState | undefined }
  | { kind: 'signed-out' }
  | { kind: 'not-started' }
  | { kind: 'failed'; message: string; returnState: ReturnState | undefined };

/** Prefix of the library's keys in `sessionStorage`. */
const STATE_KEY_PREFIX = 'oidc.';

const PROVIDER_TIMEOUT_SECONDS = 15;

/** Signing out waits at most this long for a pending renewal, and for the revocation of the refresh token. */
const REVOCATION_TIMEOUT_MS = 3_000;

/** Redirects to the identity providers and handles their redirects back. */
export class SignInClient<ReturnState> {
  constructor(private readonly config: PortalConfig) {}

  get providers(): SignInProvider[] {
    return this.config.providers;
  }

  /** Completes the sign-in or sign-out that the page's URL answers, and removes its parameters from the URL. */
  async handleRedirect(): Promise<SignInResult<ReturnState>> {
    const url = new URL(location.href);
    const query = url.searchParams;
    history.replaceState(null, '', url.pathname);
    const [state, providerName] = query.get('state')?.split(';') ?? [];
    if (state === undefined) return { kind: takePendingSignOut() ? 'signed-out' : 'not-started' };
    // Read first, because the library removes the state even if the sign-in fails.
    const returnState = readPendingState(state)?.data as ReturnState | undefined;
    try {
      const provider = this.providers.find(({ name }) => name === providerName);
      if (!provider) return { kind: 'failed', message: messages.signIn.unexpectedResponse, returnState };
      const manager = this.createManager(provider);
      if (!query.has('code') && !query.has('error')) {
        await manager.signoutCallback(url.href);
        return { kind: 'signed-out' };
      }
      if (!(await isExpectedIssuer(provider, manager, query.get('iss')))) {
        return { kind: 'failed', message: messages.signIn.unexpectedResponse, returnState };
      }
      const user = await manager.signinRedirectCallback(url.href);
      return { kind: 'signed-in', session: new Session(provider, manager, user), returnState };
    } catch (error) {
      return { kind: 'failed', message: signInErrorMessage(error), returnState };
    }
  }

  /**
   * Redirects to the provider. With `forceLogin` the provider asks for a login even if it has a session, so that another user can
   * sign in. Throws an error with a message for the user.
   */
  async redirectToProvider(provider: SignInProvider, returnState: ReturnState | undefined, forceLogin: boolean): Promise<never> {
    try {
      const manager = this.createManager(provider);
      await manager.clearStaleState();
      const prompt = forceLogin ? { prompt: 'login' } : {};
      await manager.signinRedirect({ state: returnState, url_state: provider.name, redirectMethod: 'replace', ...prompt });
    } catch (error) {
      throw new Error(signInErrorMessage(error));
    }
    // The browser is leaving the page, so the caller must not continue.
    return new Promise(() => {});
  }

  private createManager(provider: SignInProvider): UserManager {
    const pageUrl = `${this.config.base}/tokens`;
    return new UserManager({
      authority: provider.issuer,
      client_id: provider.client_id,
      scope: provider.scope,
      extraQueryParams: provider.parameters,
      redirect_uri: pageUrl,
      post_logout_redirect_uri: pageUrl,
      response_type: 'code',
      // Without a refresh token the library renews in a hidden frame, which the Content-Security-Policy forbids.
      automaticSilentRenew: false,
      requestTimeoutInSeconds: PROVIDER_TIMEOUT_SECONDS,
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      stateStore: new WebStorageStateStore({ store: sessionStorage }),
    });
  }
}

/** The session of a signed-in user. */
export class Session implements Credentials {
  private pendingRenewal: Promise<boolean> | undefined;

  constructor(
    readonly provider: SignInProvider,
    private readonly manager: UserManager,
    private user: User,
  ) {
    manager.events.addUserLoaded((renewed) => void (this.user = renewed));
    manager.events.addAccessTokenExpiring(() => void this.renew());
  }

  /** The user's display name. */
  get name(): string {
    const { name, email, preferred_username: username, sub } = this.user.profile;
    return name ?? email ?? username ?? sub;
  }

  /** The user's principal, as `created_by` of a token contains it. */
  get principal(): string {
    return `${this.provider.name}|${readUserClaim(this.bearerToken(), this.provider.user_claim)}`;
  }

  bearerToken(): string {
    return this.user[this.provider.token] ?? '';
  }

  /** Uses the refresh token, if there is one. Concurrent calls share one exchange, since a refresh token may work only once. */
  renew(): Promise<boolean> {
    this.pendingRenewal ??= this.exchangeRefreshToken().finally(() => (this.pendingRenewal = undefined));
    return this.pendingRenewal;
  }

  /** Revokes the refresh token, deletes the tokens and stops their renewal. */
  async clear(): Promise<void> {
    await this.revokeRefreshToken();
    await this.manager.removeUser();
  }

  private async exchangeRefreshToken(): Promise<boolean> {
    if (!this.user.refresh_token) return false;
    try {
      return (await this.manager.signinSilent()) !== null;
    } catch {
      return false;
    }
  }

  /**
   * Revokes the refresh token, deletes the tokens and signs out at the provider as well. `false` if the provider has no sign-out
   * endpoint.
   */
  async signOut(): Promise<boolean> {
    await this.revokeRefreshToken();
    try {
      const extraQueryParams = signOutParameters(this.provider, this.manager.settings.post_logout_redirect_uri ?? '');
      await this.manager.signoutRedirect({ state: {}, url_state: this.provider.name, redirectMethod: 'replace', extraQueryParams });
      return true;
    } catch {
      await this.manager.removeUser();
      return false;
    }
  }

  /**
   * Revokes the refresh token if the provider offers it (RFC 7009). Without it, the token works until the provider lets it expire. A
   * failure does not keep the user signed in.
   */
  private async revokeRefreshToken(): Promise<void> {
    // A renewal replaces the refresh token, and the new one is revoked.
    await Promise.race([this.pendingRenewal, new Promise((resolve) => setTimeout(resolve, REVOCATION_TIMEOUT_MS))]);
    const { refresh_token: token } = this.user;
    if (!token) return;
    try {
      const { revocation_endpoint: endpoint } = await this.manager.metadataService.getMetadata();
      if (!endpoint) return;
      const body = new URLSearchParams({ token, token_type_hint: 'refresh_token', client_id: this.provider.client_id });
      // A redirect would pass the token on.
      const options = { method: 'POST', credentials: 'omit', redirect: 'error' } as const;
      await fetch(endpoint, { ...options, body, signal: AbortSignal.timeout(REVOCATION_TIMEOUT_MS) });
    } catch {
      // The provider cannot be reached, or the Content-Security-Policy does not allow its endpoint.
    }
  }
}

/** Whether the response comes from the provider that received the request, to prevent mix-up attacks (RFC 9207). */
async function isExpectedIssuer(provider: SignInProvider, manager: UserManager, issuer: string | null): Promise<boolean> {
  const metadata = (await manager.metadataService.getMetadata()) as Record<string, unknown>;
  return issuer === null ? metadata.authorization_response_iss_parameter_supported !== true : issuer === provider.issuer;
}

/** Returns the stored state of a pending sign-in or sign-out. */
function readPendingState(state: string): Record<string, unknown> | undefined {
  const text = sessionStorage.getItem(STATE_KEY_PREFIX + state);
  return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>);
}

/**
 * Whether a sign-out is pending, which it removes. Needed for providers that redirect back from a sign-out without the `state`
 * parameter.
 */
function takePendingSignOut(): boolean {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(STATE_KEY_PREFIX));
  const states = keys.map((key) => key.slice(STATE_KEY_PREFIX.length));
  const signOuts = states.filter((state) => readPendingState(state)?.request_type === 'so:r');
  for (const state of signOuts) sessionStorage.removeItem(STATE_KEY_PREFIX + state);
  return signOuts.length > 0;
}

function signInErrorMessage(error: unknown): string {
  if (error instanceof ErrorResponse) return messages.signIn.providerError(error.error_description ?? error.error ?? '');
  const isStateMismatch = error instanceof Error && /state/i.test(error.message);
  return isStateMismatch ? messages.signIn.unexpectedResponse : messages.signIn.unreachable;
}
