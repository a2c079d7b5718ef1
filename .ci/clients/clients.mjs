/** The official clients of the original contract, unchanged but for the base URL, against the service on this machine. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { BODIES, NARROW, NOT_OFFERED, SPELLINGS } from './bodies.mjs';
import * as cases from './cases.mjs';
import * as sdkCases from './sdk-cases.mjs';
import { SPEAKERS } from './speakers.mjs';
import { startStack } from './stack.mjs';

/** The stacks: as one begins, and with the other kind of key and a stage before every path. */
const STACKS = { 'RSA keys': [], 'P-256 keys and a stage': ['--stage', '--set', 'KeySpec=ECC_NIST_P256'] };

for (const [title, options] of Object.entries(STACKS)) {
  describe(title, () => {
    const stack = {};
    before(async () => Object.assign(stack, await startStack(options)));
    after(async () => {
      if (stack.stop) assert.equal(await stack.stop(), 0, 'the local stack did not stop well');
    });
    for (const speaker of SPEAKERS) describe(speaker.name, () => both(stack, speaker));
    describe('@epilot/sdk alone', () => newest(stack));
  });
}

/** What each of the clients can do. */
function both(stack, speaker) {
  it('knows no type that has no case here', () => cases.knowsTypes(speaker));
  for (const [type, body] of Object.entries(BODIES)) {
    it(`creates a token of the type ${type}, which verifies`, () => cases.creates(stack, speaker, body));
    it(`revokes a token of the type ${type}`, () => cases.revokes(stack, speaker, body));
    it(`lists the type ${type} alone`, () => cases.filters(stack, speaker, body));
  }
  it('creates by a name alone', () => cases.creates(stack, speaker, { name: 'No more than a name' }));
  it('creates by the older body, with assume_roles', () => cases.createsByAssumeRoles(stack, speaker));
  it('lists no system tokens unasked', () => cases.listsUnasked(stack, speaker));
  for (const [spelling, [types, config]] of Object.entries(SPELLINGS)) {
    it(`filters by ${spelling}`, () => cases.filtersByTwo(stack, speaker, types, config));
  }
  for (const operation of cases.KEYS) {
    it(`reads ${operation}`, () => cases.readsKeys(stack, speaker, operation));
  }
  for (const operation of Object.keys(cases.ISSUERS)) {
    it(`reads ${operation}`, () => cases.discovers(stack, speaker, operation));
  }
  it('calls with the token that it created', () => cases.callsWithCreated(stack, speaker));
  it('is told why not in the documented member', () => cases.readsRefusal(stack, speaker));
}

/** What the SDK has beside that. */
function newest(stack) {
  const speaker = SPEAKERS.find(({ name }) => name === '@epilot/sdk');
  it('creates a token with read_only and anonymize', () => cases.creates(stack, speaker, NARROW));
  for (const body of Object.values(NOT_OFFERED)) {
    it(`is told that ${body.token_type} is not offered`, () => sdkCases.refusesType(stack, speaker, body));
  }
  for (const operation of sdkCases.ABSENT) {
    it(`finds nothing by ${operation}`, () => sdkCases.findsNothing(stack, speaker, operation));
  }
  it('asks again after Retry-After', () => sdkCases.retries(stack));
  it('names its own organization in x-epilot-org-id, and no other', () => sdkCases.namesOrganization(stack));
  it('lists its current roles', () => sdkCases.listsRoles(stack));
}
