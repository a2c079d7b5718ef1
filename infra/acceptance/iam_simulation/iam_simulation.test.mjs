/** Each policy of the authorizer allows its own request, if access was granted, and no other request of the end-to-end tests. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { runSimulation } from '@cloud-copilot/iam-simulate';

const ACCOUNT = '000000000000';

/** @type {{arn: string, granted: boolean, policy: object}[]} */
const responses = JSON.parse(readFileSync(process.env.POLICIES_FILE, 'utf8'));
const arns = [...new Set(responses.map(({ arn }) => arn))];

/**
 * Whether `policy` lets a caller invoke the method `arn`. The evaluator treats a star in the requested ARN as a pattern, whereas
 * API Gateway means the character. U+2217 replaces it, which no policy here contains.
 */
async function allows(policy, arn) {
  const request = {
    principal: `arn:aws:iam::${ACCOUNT}:user/caller`,
    action: 'execute-api:Invoke',
    resource: { resource: arn.replaceAll('*', '\u2217'), accountId: ACCOUNT },
    contextVariables: {},
  };
  const identityPolicies = [{ name: 'authorizer', policy }];
  const simulation = { request, identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] };
  const result = await runSimulation(simulation, {});
  assert.notEqual(result.resultType, 'error', `${arn}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}

test('evaluator distinguishes Allow and Deny', async () => {
  const [arn] = arns;
  const statement = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: arn.replace(/[^/]*$/, '*') };
  const policy = { Version: '2012-10-17', Statement: [statement] };
  assert.equal(await allows(policy, arn), true);
  assert.equal(await allows({ ...policy, Statement: [{ ...statement, Effect: 'Deny' }] }, arn), false);
});

test('responses contain grants and denials', (test) => {
  const grants = responses.filter(({ granted }) => granted).length;
  test.diagnostic(`${responses.length} policies with ${grants} grants, ${arns.length} requests`);
  assert.ok(grants > 0 && grants < responses.length);
});

test('policy allows its own request if access is granted', async () => {
  const wrong = [];
  for (const { arn, granted, policy } of responses) {
    if ((await allows(policy, arn)) !== granted) wrong.push({ arn, granted, policy });
  }
  assert.deepEqual(wrong, []);
});

test('policy allows no other request', async () => {
  const wrong = [];
  for (const { arn, policy } of responses) {
    for (const other of arns.filter((other) => other !== arn)) {
      if (await allows(policy, other)) wrong.push({ policy: arn, allows: other });
    }
  }
  assert.deepEqual(wrong, []);
});
