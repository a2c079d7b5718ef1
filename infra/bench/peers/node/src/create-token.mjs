/** `POST /v1/access-tokens`: decides what the token carries, has KMS sign it, and records it before anybody has it. */

import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

import { dynamodb, readRows, roleKey, table } from './aws.mjs';
import { readCaller } from './caller.mjs';
import { loadKeys, sign } from './keys.mjs';
import { secondsOf } from './lifetime.mjs';
import { readOrder } from './order.mjs';
import { Problem, answer, invalid, ours, refusal } from './problem.mjs';
import { serve } from './runtime.mjs';
import { claimsOf, familyOf, issuers, now, rowOf, typeOf, whole } from './tokens.mjs';

const HOUR = 60 * 60;
const DEFAULTS = { assume: HOUR, app: 7 * 24 * HOUR };
const MOST_HELD = 50;
const MOST_CARRIED = 97;
const MOST_ROLE_BYTES = 3700;
const LONGEST_TOKEN = 6000;

const ceiling = process.env.MAX_LIFETIME ? secondsOf(process.env.MAX_LIFETIME) : undefined;

const notHeld = (role) => new Problem(403, 'role_not_held', `you do not hold the role \`${role}\``);
const tooMany = (sentence) => new Problem(403, 'too_many_roles', sentence);
const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The roles that a token carries: those asked for, or the caller's, and any of the caller's that deny. */
async function carried({ org, roles: held, denying }, asked) {
  if (asked.length === 0 && held.length > MOST_HELD) {
    throw tooMany(
      `you hold ${held.length} roles: request at most ${MOST_HELD} of them for the token by name`,
    );
  }
  const roles = [...new Set([...(asked.length > 0 ? asked : held), ...denying])];
  if (roles.length > MOST_CARRIED)
    throw tooMany(`the token would have ${roles.length} roles: the limit is ${MOST_CARRIED}`);
  const unproved = roles.filter((role) => !held.includes(role));
  const owner = held.includes(`${org}:owner`);
  const foreign = unproved.find((role) => !owner || role.split(':')[0] !== org || role === `${org}:root`);
  if (foreign) throw notHeld(foreign);
  if (unproved.length > 0) {
    const find = await readRows(unproved.map(roleKey));
    const absent = unproved.find((role) => !find(roleKey(role)));
    if (absent) throw notHeld(absent);
  }
  return roles;
}

/** When the token ends: as asked, or as its type does, and with the token that makes it at the latest. */
function expiry({ type, lifetime }, time, parent) {
  const seconds = lifetime ?? DEFAULTS[type];
  const own = seconds === undefined ? undefined : time + seconds;
  if (parent?.end === undefined) return own;
  if (lifetime !== undefined && own > parent.end) {
    const sentence = `the token must not outlive its parent, which expires at ${rfc3339(parent.end)}`;
    throw new Problem(403, 'lifetime_exceeds_parent', sentence);
  }
  return Math.min(own ?? parent.end, parent.end);
}

/** The end, where the operator allows it. */
function bounded(end, time) {
  if (ceiling !== undefined && (end === undefined || end > time + ceiling)) {
    throw invalid(
      `\`expires_in\` is required and must not exceed ${ceiling} seconds, the limit set by the operator`,
    );
  }
  return end;
}

async function draft(caller, order) {
  const [parent, type, time] = [caller.token, order.type, now()];
  const access = familyOf(type) === 'access';
  if (!access && parent?.anonymize)
    throw new Problem(403, 'permission_denied', 'an anonymized token cannot create public tokens');
  const roles = access ? await carried(caller, order.asked) : [];
  return whole({
    id: `${type}_${randomBytes(16).toString('base64url').slice(0, 21)}`,
    org: caller.org,
    name: order.name,
    roles,
    // A flag of the token that makes it is its own as well.
    read_only: (access && (order.readOnly || parent?.readOnly)) || undefined,
    anonymize: (access && (order.anonymize || parent?.anonymize)) || undefined,
    journey_id: order.journey_id,
    portal_id: order.portal_id,
    created_at: time,
    created_by: caller.principal,
    parent: parent?.id,
    expires_at: bounded(expiry(order, time, parent), time),
  });
}

/** The finished token, once it is known not to be too long. */
async function signed(token, keys) {
  const family = familyOf(typeOf(token.id));
  const key = keys[family].signing;
  if (!key) throw new Error('the key that signs is out of use');
  const input = `${encode({ alg: key.alg, typ: 'at+jwt', kid: key.kid })}.${encode(claimsOf(token, issuers[family]))}`;
  const length = input.length + 1 + Math.ceil((key.size * 4) / 3);
  if (length > LONGEST_TOKEN) throw invalid(`the token would have ${length} bytes (maximum ${LONGEST_TOKEN})`);
  const bytes = token.roles.join(' ').length;
  if (bytes > MOST_ROLE_BYTES)
    throw tooMany(`the roles of the token would have ${bytes} bytes (maximum ${MOST_ROLE_BYTES})`);
  return `${input}.${(await sign(key, input)).toString('base64url')}`;
}

async function record(token) {
  const Item = rowOf(token);
  const condition = { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  try {
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: marshall(Item), ...condition }));
  } catch (error) {
    // A row that says the same is an earlier attempt of this very write, whose answer was lost.
    const there = error.name === 'ConditionalCheckFailedException' && error.Item && unmarshall(error.Item);
    if (!isDeepStrictEqual(there, Item)) throw error;
  }
}

const itemOf = (token) => {
  const { id, created_at, name, roles, expires_at, created_by, parent, read_only, anonymize, journey_id, portal_id } =
    token;
  const times = { created_at: rfc3339(created_at), expires_at: expires_at && rfc3339(expires_at) };
  return {
    id,
    name,
    token_type: typeOf(id),
    assignments: roles,
    ...times,
    journey_id,
    portal_id,
    read_only,
    anonymize,
    created_by,
    parent,
  };
};

async function create(keys, event) {
  const caller = readCaller(event);
  const order = readOrder(event);
  if (caller.token?.parent !== undefined)
    throw new Problem(403, 'too_deep', 'a token that was created by a token cannot create tokens');
  const token = await draft(caller, order);
  const jwt = await signed(token, keys);
  await record(token);
  return answer(201, { ...itemOf(token), token: jwt });
}

async function handle(keys, event) {
  try {
    return await create(keys, event);
  } catch (error) {
    if (!(error instanceof Problem)) console.error(`failed: ${error.name}`);
    return refusal(error instanceof Problem ? error : ours(error), event.requestContext?.requestId ?? '');
  }
}

async function main() {
  const keys = await loadKeys();
  await serve((event) => handle(keys, event));
}

main();
