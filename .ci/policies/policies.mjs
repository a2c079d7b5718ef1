/**
 * Each policy that the authorizer answered, against each request that it was asked about: it allows its own and no other.
 * The pairs come from the test `policies`; the evaluator knows nothing of how they were made.
 */

import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';

const ACCOUNT = '000000000000';

/**
 * Whether `policy` lets a caller invoke the method `arn`. The evaluator reads a star in what is requested as a question about
 * many resources; a gateway means the character. Another character in its place is as little a letter of any policy here.
 */
async function allows(policy, arn) {
  const request = {
    principal: `arn:aws:iam::${ACCOUNT}:user/caller`,
    action: 'execute-api:Invoke',
    resource: { resource: arn.replaceAll('*', '\u2217'), accountId: ACCOUNT },
    contextVariables: {},
  };
  const identityPolicies = [{ name: 'authorizer', policy }];
  const said = await runSimulation(
    { request, identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] },
    {},
  );
  if (said.resultType === 'error') {
    throw new Error(`${arn}: ${JSON.stringify(said.errors)}`);
  }
  return said.overallResult === 'Allowed';
}

/** What is wrong with the answers, a sentence each. */
async function objections(pairs) {
  const found = [];
  const arns = [...new Set(pairs.map(({ arn }) => arn))];
  for (const { arn, granted, policy } of pairs) {
    if ((await allows(policy, arn)) !== granted) {
      found.push(`${arn}: ${granted ? 'is not allowed' : 'is allowed'} by ${JSON.stringify(policy)}`);
    }
    const others = arns.filter((other) => other !== arn);
    for (const other of others) {
      if (await allows(policy, other)) {
        found.push(`${other}: is allowed by the policy for ${arn}`);
      }
    }
  }
  return found;
}

/** The evaluator itself must be able to say both. */
async function checkEvaluator(arn) {
  const statement = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: arn.replace(/[^/]*$/, '*') };
  const wide = { Version: '2012-10-17', Statement: [statement] };
  if (!(await allows(wide, arn)) || (await allows({ ...wide, Statement: [{ ...statement, Effect: 'Deny' }] }, arn))) {
    throw new Error('the evaluator does not say what a wide policy allows');
  }
}

const pairs = JSON.parse(readFileSync(process.argv[2], 'utf8'));
await checkEvaluator(pairs[0].arn);
const found = await objections(pairs);
found.forEach((sentence) => console.error(sentence));
const granted = pairs.filter((pair) => pair.granted).length;
console.log(`${pairs.length} policies, ${granted} of them grants, against ${new Set(pairs.map(({ arn }) => arn)).size} requests`);
process.exit(found.length === 0 && granted > 0 && granted < pairs.length ? 0 : 1);
