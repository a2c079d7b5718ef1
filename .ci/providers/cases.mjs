/** What people of the providers can do. A case takes the world: the stack, and the providers by their names. */

import assert from 'node:assert/strict';

import { decodeJwt, decodeProtectedHeader } from 'jose';

import { create, list, refuse, signAgain } from './api.mjs';
import { CLIENT, OTHER_CLIENT, RESOURCE } from './provider.mjs';
import { signIn } from './sign-in.mjs';

/** The person, who has this `sub` at every provider. */
export const PERSON = 'alice';

/** Both tokens name the organization, and each is for whom it should be. */
export async function namesOrganization({ acme }) {
  const { id, access } = await signIn(acme, PERSON);
  for (const [token, typ, audience] of [[id, 'JWT', CLIENT], [access, 'at+jwt', RESOURCE]]) {
    const [header, claims] = [decodeProtectedHeader(token), decodeJwt(token)];
    assert.deepEqual([header.typ ?? 'JWT', header.alg], [typ, 'RS256']);
    assert.deepEqual([claims.iss, claims.sub, claims.aud, claims.org_id], [acme.issuer, PERSON, audience, '123']);
  }
}

/** The person creates a token by their own, the `id` or the `access` token, and the new one works. */
export async function creates({ stack }, provider, kind) {
  const item = await create(stack, (await signIn(provider, PERSON))[kind], `By ${provider.name}`);
  assert.equal(item.created_by, `${provider.name}|${PERSON}`);
  assert.deepEqual(item.assignments, ['123:owner']);
  const items = await list(stack, item.token);
  assert.ok(items.some(({ id }) => id === item.id));
}

/** One `sub` at two providers is two people, each with tokens of their own. */
export async function tellsApart({ stack, acme, apis }) {
  const [one, other] = [(await signIn(acme, PERSON)).id, (await signIn(apis, PERSON)).access];
  const made = [await create(stack, one, 'One'), await create(stack, other, 'Other')];
  const makers = [acme, apis].map(({ name }) => `${name}|${PERSON}`);
  assert.deepEqual(made.map((item) => item.created_by), makers);
  for (const [position, maker] of makers.entries()) {
    const items = await list(stack, one, `?created_by=${encodeURIComponent(maker)}`);
    assert.ok(items.every((item) => item.created_by === maker));
    assert.deepEqual(made.map(({ id }) => items.some((item) => item.id === id)), [position === 0, position === 1]);
  }
}

/** Signatures of this kind are not taken, which is no failure. */
export async function refusesAlgorithm({ stack }, provider) {
  const { id } = await signIn(provider, PERSON);
  assert.equal(decodeProtectedHeader(id).alg, provider.algorithm);
  await refuse(stack, id);
}

/** What was given out for somebody else. */
export async function refusesOtherAudiences({ stack, acme, apis }) {
  await refuse(stack, (await signIn(acme, PERSON, { client: OTHER_CLIENT })).id);
  await refuse(stack, (await signIn(acme, PERSON)).access);
  await refuse(stack, (await signIn(apis, PERSON)).id);
}

/** An ID token that differs from a good one by its end alone. */
export async function refusesExpired({ stack, acme }) {
  const { id } = await signIn(acme, PERSON);
  const [key, now] = [acme.keys.find(({ kty }) => kty === 'RSA'), Math.floor(Date.now() / 1000)];
  await list(stack, await signAgain(id, key, { iat: now - 3600, exp: now + 60 }));
  await refuse(stack, await signAgain(id, key, { iat: now - 3600, exp: now - 61 }));
}

/** An access token that only its provider can read. */
export async function refusesOpaque({ stack, acme }) {
  const { access } = await signIn(acme, PERSON, { resource: null });
  assert.ok(!access.includes('.'));
  await refuse(stack, access);
}
