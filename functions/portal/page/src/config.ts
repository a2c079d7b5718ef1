/** Configuration that the portal function writes into the page. Its Rust counterpart is `PortalConfig`. */

/** An identity provider that offers sign-in on this page. */
export interface SignInProvider {
  /** Name in Latchkey's configuration and first part of the principal of its users. */
  name: string;
  /** Name on the sign-in button. */
  title: string;
  issuer: string;
  client_id: string;
  scope: string;
  /** Which of the provider's tokens the API accepts. */
  token: 'access_token' | 'id_token';
  /** Additional parameters of the authorization request. */
  parameters: Record<string, string>;
  /** The ID token claim that contains the user id. */
  user_claim: string;
}

export interface PortalConfig {
  /** Base URL of the API, without a trailing slash. The page is served at `/tokens` below it. */
  base: string;
  /** Maximum lifetime of a token in seconds; `null` if the operator sets no maximum. */
  max_lifetime: number | null;
  providers: SignInProvider[];
}

/** Reads the configuration from the page's `<meta>` element. */
export function readConfig(): PortalConfig {
  const text = document.querySelector<HTMLMetaElement>('meta[name="latchkey"]')?.content ?? '';
  return JSON.parse(text) as PortalConfig;
}
