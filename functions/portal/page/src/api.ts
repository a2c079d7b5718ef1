/** The calls of the API that this page makes. Addresses are relative, since a stage may stand before them. */

import { words } from './words';

export type TokenType = 'api' | 'journey' | 'portal' | 'app' | 'assume';

/** A token as the API lists it. */
export interface Item {
  id: string;
  created_at: string;
  name: string;
  token_type: TokenType;
  assignments?: string[];
  expires_at?: string;
  last_used?: string;
  read_only?: boolean;
  anonymize?: boolean;
  created_by?: string;
  parent?: string;
  revoked_at?: string;
}

/** What a new token is to be. */
export interface Order {
  name: string;
  assignments: string[];
  expires_in?: string | number;
  read_only?: boolean;
}

export interface Grant {
  action: string;
  resource?: string;
  effect?: 'allow' | 'deny';
}

export interface Role {
  id: string;
  name: string;
  organization_id: string;
  grants: Grant[];
}

/** One page of a list, and the query of the next one. */
export interface Page {
  items: Item[];
  next: string | undefined;
}

/** Who calls. */
export interface Credentials {
  /** The present token. */
  bearer(): string;
  /** A new one in its place; `false` where there is none to be had. */
  renew(): Promise<boolean>;
}

/** Why a call came to nothing, in a sentence for the person. */
export class Failure extends Error {
  constructor(
    sentence: string,
    /** The API's code; `connection` where nothing came back, so that it is not known what was done. */
    readonly code: string,
    /** The gateway's id of the request, by which it is found in the logs. */
    readonly request = '',
  ) {
    super(sentence);
  }
}

/** How long an answer may take. The functions give up after eight seconds, the gateway after 29. */
const PATIENCE = 30_000;

export class Api {
  private accepted = false;

  /** `onRefused` is told when the credentials are not accepted, and whether they ever were. */
  constructor(
    private readonly credentials: Credentials,
    private readonly onRefused: (wereAccepted: boolean) => void,
  ) {}

  /** The roles of whoever is signed in, or with `mayGive` those that they may put into a token. */
  async roles(mayGive: boolean): Promise<Role[]> {
    const answer = await this.call('GET', `v1/permissions/me${mayGive ? '?may_give=true' : ''}`);
    return ((await read(answer)) as { roles: Role[] }).roles;
  }

  /** A page of the list, by the query of a first page or that of {@link Page.next}. */
  async list(query: string): Promise<Page> {
    const answer = await this.call('GET', `v1/access-tokens?${query}`);
    const next = /<\?([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    return { items: (await read(answer)) as Item[], next };
  }

  /** Makes a token. The same `key` and order again give the same token, whatever became of the first request. */
  async create(order: Order, key: string): Promise<Item & { token: string }> {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    const answer = await this.call('POST', 'v1/access-tokens', headers, JSON.stringify(order));
    return (await read(answer)) as Item & { token: string };
  }

  async revoke(id: string): Promise<Item> {
    return (await read(await this.call('DELETE', `v1/access-tokens/${encodeURIComponent(id)}`))) as Item;
  }

  /** An answer that is a success. A 401 is asked again once, with a new token. */
  private async call(method: string, path: string, headers = {}, body: string | null = null): Promise<Response> {
    const send = () => {
      const all = { ...headers, Authorization: `Bearer ${this.credentials.bearer()}` };
      return fetch(path, { method, headers: all, body, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
    };
    try {
      let answer = await send();
      if (answer.status === 401 && (await this.credentials.renew())) answer = await send();
      if (answer.status === 401) this.onRefused(this.accepted);
      this.accepted ||= answer.status !== 401;
      if (answer.ok) return answer;
      throw await refusal(answer);
    } catch (error) {
      throw known(error);
    }
  }
}

/** The body of a success. */
async function read(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    throw error instanceof SyntaxError ? new Failure(words.failure.garbled, 'connection') : known(error);
  }
}

/** What went wrong on the way, as a failure. */
function known(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const slow = error instanceof DOMException && error.name === 'TimeoutError';
  return new Failure(slow ? words.failure.slow : words.failure.connection, 'connection');
}

/** A refusal in the words of the API: `application/problem+json`, RFC 9457. */
async function refusal(answer: Response): Promise<Failure> {
  const problem = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (name: string) => (typeof problem[name] === 'string' ? problem[name] : '');
  const wait = Number(answer.headers.get('retry-after'));
  const parts = [sentence(text('detail')) || words.failure.garbled];
  if (wait > 0) parts.push(words.failure.retryIn(wait));
  // Of a failure on the way nobody knows what was done; a refusal by a rule did nothing.
  const code = answer.status === 401 ? 'unauthenticated' : text('code') || 'internal';
  return new Failure(parts.join(' '), answer.status >= 500 ? 'connection' : code, text('instance'));
}

/** The API's words as a sentence: it writes them in lower case and without a full stop. */
function sentence(detail: string): string {
  return detail && detail.charAt(0).toUpperCase() + detail.slice(1) + (/[.!?]$/.test(detail) ? '' : '.');
}
