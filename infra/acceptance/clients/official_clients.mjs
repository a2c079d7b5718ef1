/** The official clients, configured as their documentation says, except for the base URL. */

import { createRequire } from 'node:module';

import { createClient } from '@epilot/access-token-client';
import { authorizeWithToken } from '@epilot/auth';
import { createClient as createPermissionsApi } from '@epilot/permissions-client';
import { createSDK } from '@epilot/sdk';

import { OpenApiDocument } from './openapi_document.mjs';

const require = createRequire(import.meta.url);

/**
 * Returns the SDK, with the base URL of its token and permissions APIs changed.
 *
 * @param {string} url the base URL
 * @param {string} token the bearer token
 * @param {Record<string, string>} headers headers of every request
 */
export function createSdk(url, token, headers = {}) {
  const sdk = createSDK();
  sdk.authorize(() => token);
  sdk.headers(headers);
  for (const api of [sdk.accessToken, sdk.permissions]) api.getClient().defaults.baseURL = url;
  return sdk;
}

function createAccessTokenClient(url, token) {
  const client = createClient();
  client.defaults.baseURL = url;
  return authorizeWithToken(client, token);
}

export const SDK = {
  name: '@epilot/sdk',
  connect: (url, token) => createSdk(url, token).accessToken,
  // The exported file: `openapi('accessToken')` returns the older document, which lacks members of the SDK's types.
  document: new OpenApiDocument(require('@epilot/sdk/access-token/openapi.json')),
};

/** Each client: its name, a function that connects it to a base URL with a bearer token, and the contract it contains. */
export const CLIENTS = [
  {
    name: '@epilot/access-token-client',
    connect: createAccessTokenClient,
    document: new OpenApiDocument(require('@epilot/access-token-client/dist/openapi.json')),
  },
  SDK,
];

function createPermissionsClient(url, token) {
  const client = createPermissionsApi();
  client.defaults.baseURL = url;
  return authorizeWithToken(client, token);
}

/** The SDK's contract of the permissions API. */
export const PERMISSIONS_DOCUMENT = new OpenApiDocument(require('@epilot/sdk/permissions/openapi.json'));

/** Each client of the permissions API, as in `CLIENTS`. */
export const PERMISSIONS_CLIENTS = [
  {
    name: '@epilot/permissions-client',
    connect: createPermissionsClient,
    document: new OpenApiDocument(require('@epilot/permissions-client/dist/openapi.json')),
  },
  { name: '@epilot/sdk', connect: (url, token) => createSdk(url, token).permissions, document: PERMISSIONS_DOCUMENT },
];
