/** What the function that serves this page says about its surroundings. */

/** An identity provider by which people may sign in. */
export interface Provider {
  /** Its name in the ledger, the first part of every person's name there. */
  name: string;
  /** What people call it. */
  title: string;
  issuer: string;
  client_id: string;
  scope: string;
  /** Which of its tokens the API takes. */
  token: 'access_token' | 'id_token';
  /** More parameters for the authorization request. */
  parameters: Record<string, string>;
  /** The claim that names the person. */
  user_claim: string;
}

export interface Configuration {
  /** The API's base URL, without a slash at its end. This page lies below it. */
  base: string;
  /** The longest lifetime of a token in seconds, where the operator has set one. */
  max_lifetime: number | null;
  providers: Provider[];
}

/** Reads it out of the page. */
export function readConfiguration(): Configuration {
  const text = document.querySelector<HTMLMetaElement>('meta[name="latchkey"]')?.content ?? '';
  return JSON.parse(text) as Configuration;
}
