/** A certified OpenID Connect server as the identity provider of the local stack. */

import { after, before, describe, it } from 'node:test';

import { LocalStack } from '../support/local_stack.mjs';
import { create } from './api_calls.mjs';
import { CLIENT, IdentityProvider, RESOURCE, generateKeys } from './identity_provider.mjs';
import * as outages from './outage_scenarios.mjs';
import { signIn } from './sign_in.mjs';
import * as signIns from './sign_in_scenarios.mjs';

/** The algorithm of each provider and the audience of its tokens: the client (ID tokens) or the API (access tokens). */
const PROVIDERS = {
  acme: ['RS256', CLIENT],
  apis: ['RS256', RESOURCE],
  es256: ['ES256', CLIENT],
  ps256: ['PS256', CLIENT],
  eddsa: ['EdDSA', CLIENT],
};

const context = {};
const providers = [];

before(async () => {
  for (const [name, [algorithm, audience]] of Object.entries(PROVIDERS)) {
    const provider = new IdentityProvider(name, algorithm, audience);
    providers.push(provider);
    context[name] = await provider.start(await generateKeys());
  }
  const configuration = JSON.stringify(providers.map((provider) => provider.configuration));
  context.stack = await LocalStack.start('--set', `IdentityProviders=${configuration}`);
});

after(async () => {
  for (const provider of providers) await provider.stop();
  await context.stack?.stop();
});

it('sign-in returns two tokens that name the organization', () => signIns.issuesTokensWithOrganization(context));
it('at+jwt access token creates a token', () => signIns.createsToken(context, context.apis, 'access'));
it('ES256 ID token creates a token', () => signIns.createsToken(context, context.es256, 'id'));
it('RS256 ID token creates a token', () => signIns.createsToken(context, context.acme, 'id'));
it('PS256 token is rejected with 401', () => signIns.rejectsAlgorithm(context, context.ps256));
it('EdDSA token is rejected with 401', () => signIns.rejectsAlgorithm(context, context.eddsa));
it('one `sub` at two providers is two users', () => signIns.separatesProviders(context));
it('token for another audience is rejected', () => signIns.rejectsOtherAudiences(context));
it('expired ID token is rejected', () => signIns.rejectsExpired(context));
it('opaque access token is rejected', () => signIns.rejectsOpaque(context));

/** The outages and the rotation share the minute that passes before a provider's keys are requested again. */
describe('while providers change', () => {
  let accessToken;
  let idToken;
  let latchkeyToken;

  before(async () => {
    accessToken = (await signIn(context.apis, signIns.USER)).access;
    idToken = (await signIn(context.es256, signIns.USER)).id;
    latchkeyToken = (await create(context.stack, idToken, 'During the outage')).token;
    await context.apis.stop();
    await context.es256.stall();
  });

  it('rotated keys are accepted within a minute', async (test) => {
    test.diagnostic(await outages.followsRotation(context));
  });
  it('closed provider leaves its users signed in', async (test) => {
    test.diagnostic(await outages.survivesClosedPort(context, accessToken));
  });
  it('stalled provider delays only unknown keys', async (test) => {
    test.diagnostic(await outages.survivesStall(context, idToken, latchkeyToken));
  });
});
