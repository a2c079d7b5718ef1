/** The official clients. Each is set up as its own documentation says; the base URL is the one thing that is changed. */

import { createRequire } from 'node:module';

import { createClient } from '@epilot/access-token-client';
import { authorizeWithToken } from '@epilot/auth';
import { createSDK } from '@epilot/sdk';

import { Document } from './document.mjs';

const require = createRequire(import.meta.url);

/**
 * The SDK, sending its requests about tokens and permissions to `base`.
 *
 * @param {string} base the base URL
 * @param {string} token the bearer token
 * @param {Record<string, string>} headers headers for every request
 */
export function sdk(base, token, headers = {}) {
  const made = createSDK();
  made.authorize(() => token);
  made.headers(headers);
  for (const api of [made.accessToken, made.permissions]) api.getClient().defaults.baseURL = base;
  return made;
}

function accessTokenClient(base, token) {
  const client = createClient();
  client.defaults.baseURL = base;
  return authorizeWithToken(client, token);
}

/** Each client: its name, how it is made for a base URL and a bearer token, and the contract that it ships. */
export const SPEAKERS = [
  {
    name: '@epilot/access-token-client',
    speak: accessTokenClient,
    document: new Document(require('@epilot/access-token-client/dist/openapi.json')),
  },
  {
    name: '@epilot/sdk',
    speak: (base, token) => sdk(base, token).accessToken,
    // The exported file. What `openapi('accessToken')` gives is the older document, without what the SDK's types have.
    document: new Document(require('@epilot/sdk/access-token/openapi.json')),
  },
];

/** The contract of the permissions, as the SDK ships it. */
export const PERMISSIONS = new Document(require('@epilot/sdk/permissions/openapi.json'));
