/** The official clients of the original API, unchanged except for the base URL, against the local stack. */

import { after, before, describe, it } from 'node:test';

import { LocalStack } from '../support/local_stack.mjs';
import { CLIENTS, PERMISSIONS_CLIENTS, SDK } from './official_clients.mjs';
import * as permissions from './permissions_scenarios.mjs';
import { BODIES, FILTER_FORMATS, RESTRICTED_BODY, UNSUPPORTED_BODIES } from './request_bodies.mjs';
import * as scenarios from './scenarios.mjs';
import * as sdkScenarios from './sdk_scenarios.mjs';

/** Options of the local stack: the defaults, and the other kind of key with a stage in every path. */
const STACKS = { 'RSA keys': [], 'P-256 keys and a stage': ['--stage', '--set', 'KeySpec=ECC_NIST_P256'] };

for (const [title, options] of Object.entries(STACKS)) {
  describe(title, () => {
    // Filled before the first test.
    const connection = {};
    let stack;
    before(async () => {
      stack = await LocalStack.start('--token-for', '123:1001', ...options);
      Object.assign(connection, { url: stack.url, token: stack.token });
    });
    after(() => stack?.stop());
    for (const client of CLIENTS) describe(client.name, () => testClient(connection, client));
    describe('@epilot/sdk only', () => testSdk(connection));
    for (const client of PERMISSIONS_CLIENTS) {
      describe(`${client.name}, permissions`, () => testPermissions(connection, client));
    }
    describe('more tokens than a page can have', () => testLongList(connection));
  });
}

function testClient(stack, client) {
  it('has no token type without a test', () => scenarios.coversTokenTypes(client));
  for (const [type, body] of Object.entries(BODIES)) {
    it(`creates a verifiable token of type ${type}`, () => scenarios.createsToken(stack, client, body));
    it(`revokes a token of type ${type}`, () => scenarios.revokesToken(stack, client, body));
    it(`lists tokens of type ${type}`, () => scenarios.filtersByType(stack, client, body));
  }
  it('creates a token from only a name', () => scenarios.createsToken(stack, client, { name: 'No more than a name' }));
  it('creates a token with assume_roles', () => scenarios.createsTokenWithAssumeRoles(stack, client));
  it('lists no system tokens without a filter', () => scenarios.listsWithoutSystemTokens(stack, client));
  for (const [format, [types, config]] of Object.entries(FILTER_FORMATS)) {
    it(`filters by ${format}`, () => scenarios.filtersByTwoTypes(stack, client, types, config));
  }
  for (const operation of scenarios.JWKS_OPERATIONS) {
    it(`calls ${operation}`, () => scenarios.readsKeys(stack, client, operation));
  }
  for (const operation of Object.keys(scenarios.ISSUER_PATHS)) {
    it(`calls ${operation}`, () => scenarios.readsDiscoveryDocument(stack, client, operation));
  }
  it('uses a token that it created', () => scenarios.usesCreatedToken(stack, client));
  it('reads the reason of an error response', () => scenarios.readsErrorResponse(stack, client));
}

function testPermissions(stack, client) {
  it('manages a role', () => permissions.managesRole(stack, client));
  it('assigns roles to users', () => permissions.managesAssignments(stack, client));
  it('reads the reason of an error response', () => permissions.readsReasons(stack, client));
}

function testLongList(stack) {
  before(() => scenarios.createMoreThanOnePage(stack, SDK));
  for (const client of CLIENTS) {
    it(`${client.name} lists all tokens`, () => scenarios.listsMoreThanOnePage(stack, client));
  }
}

function testSdk(stack) {
  it('creates a token with read_only and anonymize', () => scenarios.createsToken(stack, SDK, RESTRICTED_BODY));
  for (const body of Object.values(UNSUPPORTED_BODIES)) {
    it(`gets an error for the type ${body.token_type}`, () => sdkScenarios.rejectsUnsupportedType(stack, body));
  }
  for (const operation of sdkScenarios.UNSUPPORTED_OPERATIONS) {
    it(`gets 404 from ${operation}`, () => sdkScenarios.rejectsUnsupportedOperation(stack, operation));
  }
  it('retries after Retry-After', () => sdkScenarios.retriesAfterRetryAfter(stack));
  it('sends the caller’s organization', () => sdkScenarios.sendsOrganization(stack));
  it('lists the caller’s roles', () => sdkScenarios.listsCurrentRoles(stack));
}
