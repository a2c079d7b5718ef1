/** A certified OpenID Connect server that is not ours, as the identity provider of the service on this machine. */

import assert from 'node:assert/strict';

import { create } from './api.mjs';
import * as cases from './cases.mjs';
import * as outages from './outages.mjs';
import { CLIENT, IdentityProvider, RESOURCE, newKeys } from './provider.mjs';
import { it } from './report.mjs';
import { signIn } from './sign-in.mjs';
import { startStack } from './stack.mjs';

/** The providers: the algorithm of each, and whom its tokens are for: the client (ID tokens) or the API (access tokens). */
const PROVIDERS = {
  acme: ['RS256', CLIENT],
  apis: ['RS256', RESOURCE],
  es256: ['ES256', CLIENT],
  ps256: ['PS256', CLIENT],
  eddsa: ['EdDSA', CLIENT],
};

const world = {};
for (const [name, [algorithm, audience]] of Object.entries(PROVIDERS)) {
  world[name] = await new IdentityProvider(name, algorithm, audience).start(await newKeys());
}
const providers = Object.values(world);
const configuration = JSON.stringify(providers.map((provider) => provider.configuration));
world.stack = await startStack(['--set', `IdentityProviders=${configuration}`]);
try {
  await people(world);
  await changes(world);
} finally {
  await it('the local stack stops well', async () => assert.equal(await world.stack.stop(), 0));
  for (const provider of providers) await provider.stop();
}

async function people(world) {
  const { acme, apis, es256, ps256, eddsa } = world;
  await it('a person signs in and gets two tokens that name their organization', () => cases.namesOrganization(world));
  await it('creates a token by an access token of the type at+jwt', () => cases.creates(world, apis, 'access'));
  await it('creates a token by an ID token, ES256', () => cases.creates(world, es256, 'id'));
  await it('creates a token by an ID token, RS256', () => cases.creates(world, acme, 'id'));
  await it('refuses PS256 with a 401', () => cases.refusesAlgorithm(world, ps256));
  await it('refuses EdDSA with a 401', () => cases.refusesAlgorithm(world, eddsa));
  await it('tells people of two providers with one `sub` apart', () => cases.tellsApart(world));
  await it('refuses tokens for another audience', () => cases.refusesOtherAudiences(world));
  await it('refuses an expired ID token', () => cases.refusesExpired(world));
  await it('refuses an opaque access token', () => cases.refusesOpaque(world));
}

/** The providers that are away and the one whose keys change share the minute that passes before each is asked again. */
async function changes(world) {
  const { stack, apis, es256 } = world;
  const [one, other] = [(await signIn(apis, cases.PERSON)).access, (await signIn(es256, cases.PERSON)).id];
  const own = (await create(stack, other, 'While the provider is away')).token;
  await apis.stop();
  await es256.fallSilent();
  await it('follows new keys of a provider', () => outages.followsRotation(world));
  await it('knows people of a provider that is closed', () => outages.outlivesClosed(world, one));
  await it('knows people of a provider that is silent', () => outages.outlivesSilent(world, other, own));
}
