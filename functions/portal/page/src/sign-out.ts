/** The parameters of the sign-out request that only some providers need. */

import type { SignInProvider } from './config';

const COGNITO_ISSUER = /^https:\/\/cognito-idp\.[\w-]+\.amazonaws\.com(\.cn)?\//;

/**
 * Amazon Cognito requires `client_id` and `logout_uri` in place of `post_logout_redirect_uri`. Other providers get no parameter in
 * addition to those of OpenID Connect RP-Initiated Logout 1.0, because some reject unknown ones.
 */
export function signOutParameters(provider: SignInProvider, pageUrl: string): Record<string, string> {
  return COGNITO_ISSUER.test(provider.issuer) ? { client_id: provider.client_id, logout_uri: pageUrl } : {};
}
