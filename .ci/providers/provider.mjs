/** The identity providers: certified OpenID Connect servers, each on a port of this machine. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSilence } from 'node:net';

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

/** The client that people sign in to. */
export const CLIENT = 'token-page';
/** Another client of the same provider. */
export const OTHER_CLIENT = 'somebody-else';
/** The API that access tokens are for. */
export const RESOURCE = 'https://latchkey.example';
/** Where the client gets its code. */
export const REDIRECT = 'http://127.0.0.1/signed-in';

// That keys, pages and memory are not for production is said of each server, and is no news here.
const warn = console.warn;
console.warn = (...said) => String(said[0]).includes('quick start development-only') || warn(...said);

/**
 * New private keys: RSA, P-256 and Ed25519. None names its algorithm, as it may be (RFC 7517, section 4.4).
 *
 * @returns {Promise<object[]>} as JWKs
 */
export function newKeys() {
  return Promise.all(['RS256', 'ES256', 'Ed25519'].map(newKey));
}

async function newKey(algorithm) {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig' };
}

/** A provider whose people belong to the organization 123 and own it. */
export class IdentityProvider {
  /** When it was asked for its keys, in milliseconds since 1970. */
  asked = [];
  #server;
  #sockets = new Set();

  /**
   * @param {string} name what Latchkey calls it
   * @param {string} algorithm what it signs with
   * @param {string} audience whom Latchkey takes its tokens for
   */
  constructor(name, algorithm, audience) {
    Object.assign(this, { name, algorithm, audience });
  }

  /** How Latchkey is told of it. */
  get configuration() {
    const { name, issuer, audience } = this;
    return { name, issuer, audience, organizations: ['123'], roles_claim: 'roles', owner_from_claim: true };
  }

  /** Starts with these keys, on the port that it had. */
  async start(keys) {
    this.keys = keys;
    await this.#listen(createServer((request, answer) => this.#answer(request, answer)));
    this.issuer = `http://127.0.0.1:${this.port}`;
    this.callback = new Provider(this.issuer, configure(this)).callback();
    return this;
  }

  /** Goes on listening, and says nothing. From then on `held` is the promise of the first connection. */
  async fallSilent() {
    await this.stop();
    const silence = createSilence();
    this.held = once(silence, 'connection');
    await this.#listen(silence);
  }

  /** Closes the port, and every connection with it. */
  async stop() {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  async #listen(server) {
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
    server.listen(this.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    this.port = server.address().port;
    this.#server = server;
  }

  #answer(request, answer) {
    if (request.url === '/jwks') this.asked.push(Date.now());
    this.callback(request, answer);
  }
}

function configure({ algorithm, keys }) {
  const rights = { org_id: '123', roles: ['owner'] };
  return {
    jwks: { keys },
    cookies: { keys: ['any'] },
    clients: [CLIENT, OTHER_CLIENT].map((id) => publicClient(id, algorithm)),
    // Otherwise an ID token that comes with an access token for the provider itself holds nothing but `sub`.
    conformIdTokenClaims: false,
    claims: { openid: ['sub', ...Object.keys(rights)] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...rights }) }),
    extraTokenClaims: () => rights,
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
    features: { resourceIndicators: { enabled: true, getResourceServerInfo: () => resourceServer(algorithm) } },
  };
}

function publicClient(id, algorithm) {
  return {
    client_id: id,
    application_type: 'native',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: algorithm,
  };
}

/** Access tokens for the API are JWTs (RFC 9068). */
function resourceServer(algorithm) {
  return {
    scope: 'tokens',
    audience: RESOURCE,
    accessTokenTTL: 3600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: algorithm } },
  };
}
