/** Client of the Latchkey API. Paths are relative, because API Gateway can prefix them with a stage name. */

import type {
  CreatedToken,
  CreateTokenRequest,
  Decision,
  RevokedToken,
  Role,
  RotateTokenRequest,
  TokenItem,
  UpdateTokenRequest,
} from './api-types';
import { messages } from './messages';
import type { TokenFamily } from './pasted-token';

/** One page of the token list. */
export interface TokenListPage {
  items: TokenItem[];
  /** Query string of the next page; `undefined` on the last page. */
  next: string | undefined;
}

/** Supplies the bearer token of each request. */
export interface Credentials {
  /** The current token. */
  bearerToken(): string;
  /** Replaces the current token; `false` if no new token can be obtained. */
  renew(): Promise<boolean>;
}

/** A failed request, with a message for the user. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The API's error code, or `connection` if the outcome of the request is unknown. */
    readonly code: string,
    /** The gateway's request id, which identifies the request in the logs. */
    readonly requestId = '',
  ) {
    super(message);
  }
}

/** Longer than the timeouts of the functions (8 s) and of the gateway (29 s), so that their responses still arrive. */
const REQUEST_TIMEOUT_MS = 30_000;

const JSON_BODY = { 'Content-Type': 'application/json' };

export class ApiClient {
  private hasAcceptedCredentials = false;

  /** `onUnauthenticated` runs when the API rejects the credentials; its argument says whether it accepted them before. */
  constructor(
    private readonly credentials: Credentials,
    private readonly onUnauthenticated: (hadAcceptedCredentials: boolean) => void,
  ) {}

  /** Returns the roles of the signed-in user, or with `mayGive` the roles that the user can assign to a token. */
  async listRoles(mayGive: boolean): Promise<Role[]> {
    const response = await this.send('GET', `v1/permissions/me${mayGive ? '?may_give=true' : ''}`);
    return ((await readJson(response)) as { roles: Role[] }).roles;
  }

  /** Returns whether the signed-in user is allowed the action; `undefined` if the service is of a version without decisions. */
  async decide(action: string): Promise<boolean | undefined> {
    const response = await this.send('GET', `v1/permissions/me?action=${encodeURIComponent(action)}`);
    return ((await readJson(response)) as { decision?: Decision }).decision?.allowed;
  }

  /** Returns one page of the token list. `query` selects the first page or is {@link TokenListPage.next} of the previous one. */
  async listTokens(query: string): Promise<TokenListPage> {
    const response = await this.send('GET', `v1/access-tokens?${query}`);
    const next = /<\?([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    return { items: (await readJson(response)) as TokenItem[], next };
  }

  /** Creates a token. A retry with the same key and body returns the same token, even if the first response was lost. */
  async createToken(request: CreateTokenRequest, idempotencyKey: string): Promise<CreatedToken> {
    const headers = { ...JSON_BODY, 'Idempotency-Key': idempotencyKey };
    const response = await this.send('POST', 'v1/access-tokens', headers, JSON.stringify(request));
    return (await readJson(response)) as CreatedToken;
  }

  /** Rotates a token and returns its successor. Until its first use, the same request returns the same successor. */
  async rotateToken(id: string, request: RotateTokenRequest): Promise<CreatedToken> {
    const response = await this.send('POST', `${tokenPath(id)}/rotate`, JSON_BODY, JSON.stringify(request));
    return (await readJson(response)) as CreatedToken;
  }

  /** Changes the name and the description of a token and returns it. */
  async updateToken(id: string, request: UpdateTokenRequest): Promise<TokenItem> {
    return (await readJson(await this.send('PATCH', tokenPath(id), JSON_BODY, JSON.stringify(request)))) as TokenItem;
  }

  /** Returns the published keys of a token family, which are public: the request has no credentials. */
  async loadKeySet(family: TokenFamily): Promise<unknown> {
    const path = `v1/access-tokens/${family === 'public' ? 'public/' : ''}.well-known/jwks.json`;
    const response = await fetch(path, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), credentials: 'omit' });
    if (!response.ok) throw await problemError(response);
    return readJson(response);
  }

  /** Revokes a token, and with `family` all tokens of its chain of rotations. A retry finishes what a failure left. */
  async revokeToken(id: string, family: boolean): Promise<RevokedToken> {
    return (await readJson(await this.send('DELETE', `${tokenPath(id)}${family ? '?family=true' : ''}`))) as RevokedToken;
  }

  /** Returns a successful response. Retries once with a renewed token after a 401, since the token may have just expired. */
  private async send(method: string, path: string, headers = {}, body: string | null = null): Promise<Response> {
    const attempt = () => {
      const allHeaders = { ...headers, Authorization: `Bearer ${this.credentials.bearerToken()}` };
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      return fetch(path, { method, headers: allHeaders, body, cache: 'no-store', signal });
    };
    try {
      let response = await attempt();
      if (response.status === 401 && (await this.credentials.renew())) response = await attempt();
      if (response.status === 401) this.onUnauthenticated(this.hasAcceptedCredentials);
      this.hasAcceptedCredentials ||= response.status !== 401;
      if (response.ok) return response;
      throw await problemError(response);
    } catch (error) {
      throw transportError(error);
    }
  }
}

function tokenPath(id: string): string {
  return `v1/access-tokens/${encodeURIComponent(id)}`;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw error instanceof SyntaxError ? new ApiError(messages.apiError.unexpectedResponse, 'connection') : transportError(error);
  }
}

/** Maps an exception of `fetch` to an {@link ApiError}; an `ApiError` stays as it is. */
function transportError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  return new ApiError(isTimeout ? messages.apiError.timeout : messages.apiError.connection, 'connection');
}

/** Maps an error response to an {@link ApiError}. The API sends `application/problem+json` (RFC 9457). */
async function problemError(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const member = (name: string) => (typeof problem[name] === 'string' ? problem[name] : '');
  const retryAfterSeconds = Number(response.headers.get('retry-after'));
  const parts = [asSentence(member('detail')) || messages.apiError.unexpectedResponse];
  if (retryAfterSeconds > 0) parts.push(messages.apiError.retryIn(retryAfterSeconds));
  // A 5xx leaves open whether the request took effect; a 4xx guarantees that it did not.
  const code = response.status === 401 ? 'unauthenticated' : member('code') || 'internal';
  return new ApiError(parts.join(' '), response.status >= 500 ? 'connection' : code, member('instance'));
}

/** Capitalizes an error detail and ends it with a full stop, because the API writes details in lower case without one. */
function asSentence(detail: string): string {
  return detail && detail.charAt(0).toUpperCase() + detail.slice(1) + (/[.!?]$/.test(detail) ? '' : '.');
}
