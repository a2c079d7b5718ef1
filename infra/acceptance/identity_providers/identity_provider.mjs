/** Identity providers that rotate their keys and become unavailable. */

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

import { createOidcProvider, publicClient } from '../support/oidc_provider.mjs';

/** The client that users sign in to. */
export const CLIENT = 'token-page';
/** Another client of the same provider. */
export const OTHER_CLIENT = 'other-client';
/** The API that access tokens are for. */
export const RESOURCE = 'https://latchkey.example';
/** The redirect URI of both clients. */
export const REDIRECT = 'http://127.0.0.1/signed-in';

/**
 * Generates private keys: RSA, P-256 and Ed25519. None has the optional member `alg` (RFC 7517, section 4.4).
 *
 * @returns {Promise<object[]>} the keys as JWKs
 */
export function generateKeys() {
  return Promise.all(['RS256', 'ES256', 'Ed25519'].map(generateKey));
}

async function generateKey(algorithm) {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig' };
}

export class IdentityProvider {
  /** When the provider's keys were requested, in milliseconds since 1970. */
  keyRequests = [];
  #server;
  #sockets = new Set();

  /**
   * @param {string} name Latchkey's name for the provider
   * @param {string} algorithm the algorithm of its signatures
   * @param {string} audience the audience that Latchkey requires
   */
  constructor(name, algorithm, audience) {
    Object.assign(this, { name, algorithm, audience });
  }

  /** The provider's entry in the parameter `IdentityProviders`. */
  get configuration() {
    const { name, issuer, audience } = this;
    return { name, issuer, audience, organizations: ['123'], roles_claim: 'roles', owner_from_claim: true };
  }

  /** Starts with these keys, on the same port as before. */
  async start(keys) {
    this.keys = keys;
    await this.#listen(createHttpServer((request, response) => this.#respond(request, response)));
    this.issuer = `http://127.0.0.1:${this.port}`;
    this.callback = createOidcProvider(this.issuer, configuration(this));
    return this;
  }

  /** Keeps listening without responding. Sets `stalledConnection` to a promise of the next connection. */
  async stall() {
    await this.stop();
    const server = createTcpServer();
    this.stalledConnection = once(server, 'connection');
    await this.#listen(server);
  }

  /** Closes the port and all connections. */
  async stop() {
    if (!this.#server?.listening) return;
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

  #respond(request, response) {
    if (request.url === '/jwks') this.keyRequests.push(Date.now());
    this.callback(request, response);
  }
}

function configuration({ algorithm, keys }) {
  const client = (id) => publicClient(id, REDIRECT, { id_token_signed_response_alg: algorithm });
  return {
    jwks: { keys },
    clients: [CLIENT, OTHER_CLIENT].map(client),
    features: { resourceIndicators: { enabled: true, getResourceServerInfo: () => resourceServer(algorithm) } },
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
