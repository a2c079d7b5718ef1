/** A Lambda authorizer of a REST API: verifies the token, reads it with its parent and roles, and evaluates the route's rule. */
import { isDeepStrictEqual } from 'node:util';

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { jwtVerify } from 'jose';

import { dynamodb, loadKey, readItems, roleKey, table, tokenKey } from './aws.mjs';
import { serve } from './runtime-api.mjs';
import { AUDIENCE, ISSUER, claimsOf, isActive, isRole, isTokenId } from './tokens.mjs';

const REQUIRED = ['sub', 'jti', 'client_id', 'iat', 'token_use', 'token_id', 'token_type', 'org_id', 'assume_roles'];
const rules = Object.assign({}, ...[JSON.parse(process.env.ROUTE_RULES)].flat());

class Unauthorized extends Error {}

class Denied extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function headerValues(event, name) {
  const values = Object.entries(event.multiValueHeaders).filter(([own]) => own.toLowerCase() === name);
  return values.flatMap(([, all]) => all);
}

function bearer(event) {
  const credentials = headerValues(event, 'authorization');
  const [, token] = credentials.length === 1 ? (/^bearer +([^ ]+) *$/i.exec(credentials[0]) ?? []) : [];
  if (!token) throw new Unauthorized('expected one bearer token');
  return token;
}

async function verify(token, key) {
  const selectKey = ({ kid, alg, crit }) => {
    if (kid !== key.kid || alg !== key.alg || crit !== undefined) throw new Error('the header matches no key');
    return key.publicKey;
  };
  const options = { typ: 'at+jwt', issuer: ISSUER, audience: AUDIENCE, requiredClaims: REQUIRED };
  try {
    return (await jwtVerify(token, selectKey, options)).payload;
  } catch (error) {
    throw new Unauthorized(error.message);
  }
}

function activeItem(find, id) {
  const item = find(tokenKey(id));
  if (!item || item.id !== id || !isActive(item)) throw new Unauthorized('the token does not exist or is inactive');
  return item;
}

async function readCaller(claims) {
  const { token_id: id, parent, org_id: org, assume_roles: named } = claims;
  const isValid = isTokenId(id) && Array.isArray(named) && named.every(isRole);
  if (!isValid || (parent !== undefined && !isTokenId(parent))) throw new Unauthorized('invalid claims');
  const root = `${org}:root`;
  const tokens = parent === undefined ? [id] : [id, parent];
  const find = await readItems([...tokens.map(tokenKey), ...[...new Set([...named, root])].map(roleKey)]);
  const item = activeItem(find, id);
  if (!isDeepStrictEqual(claims, claimsOf(item))) throw new Unauthorized('the claims differ from the item');
  if (item.parent !== undefined && activeItem(find, item.parent).org !== org) throw new Unauthorized('foreign parent');
  const held = item.roles.filter((role) => role === `${org}:owner` || find(roleKey(role)));
  const roles = held.filter((role) => find(roleKey(role))).map((role) => ({ role, grants: find(roleKey(role)).grants }));
  return { item, held, roles, root: find(roleKey(root)) };
}

function matches(pattern, text) {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('\\*', '.*');
  return new RegExp(`^${escaped}$`, 's').test(text);
}

/** Whether a grant applies. Without a resource of the route, an allow applies if it is for all resources, a deny always. */
function applies(grant, action, resource) {
  if (!matches(grant.action, action)) return false;
  if (grant.resource === undefined) return true;
  if (resource !== undefined) return matches(grant.resource, resource);
  return grant.effect === 'deny' || grant.resource === '*';
}

function check({ item, held, roles, root }, action, resource) {
  const has = (grants, effect) =>
    grants.some((grant) => (grant.effect ?? 'allow') === effect && applies(grant, action, resource));
  if (item.read_only && !/(^|:)(view|export|download)$/.test(action)) {
    throw new Denied('read_only_token', `a read-only token does not allow ${action}`);
  }
  const isDenied = roles.some(({ grants }) => has(grants, 'deny'));
  const isBeyondRoot = root && (has(root.grants, 'deny') || !has(root.grants, 'allow'));
  const isAllowed = held.includes(`${item.org}:owner`) || roles.some(({ grants }) => has(grants, 'allow'));
  if (isDenied || isBeyondRoot || !isAllowed) throw new Denied('permission_denied', `permission ${action} is missing`);
}

/** Throws the reason for a denial. Returns whether the request is allowed by roles and not because it targets the token itself. */
function evaluate(event, caller) {
  const rule = rules[`${event.httpMethod} ${event.resource}`];
  if (!rule) throw new Denied('permission_denied', 'no rule allows this route');
  if (['self', caller.item.id].includes(event.pathParameters?.[rule.own_id])) return false;
  if (rule.action) {
    check(caller, rule.action, rule.resource?.replace(/\{([^}]+)\}/g, (_, name) => event.pathParameters[name]));
  } else if (caller.item.read_only && !['GET', 'HEAD', 'OPTIONS'].includes(event.httpMethod)) {
    throw new Denied('read_only_token', 'a read-only token allows only GET, HEAD and OPTIONS requests here');
  }
  return true;
}

/** Records the first use of a day, for at most 200 ms and without effect on the decision. */
async function updateLastUsed({ id, last_used: last }) {
  const today = new Date().toISOString().slice(0, 10);
  if (last === today) return;
  const isOlder = '(attribute_not_exists(last_used) OR last_used < :day)';
  const command = new UpdateItemCommand({
    TableName: table,
    Key: marshall(tokenKey(id)),
    UpdateExpression: 'SET last_used = :day',
    ConditionExpression: `attribute_exists(pk) AND attribute_not_exists(revoked_at) AND ${isOlder}`,
    ExpressionAttributeValues: { ':day': { S: today } },
  });
  await dynamodb.send(command, { abortSignal: AbortSignal.timeout(200) }).catch(() => {});
}

function contextOf({ item, held, roles }, isByRoles) {
  const denying = roles.filter(({ grants }) => grants.some(({ effect }) => effect === 'deny')).map(({ role }) => role);
  const context = {
    org_id: item.org,
    principal: item.id,
    roles: isByRoles ? held.join(' ') : '',
    deny_roles: isByRoles ? denying.join(' ') : '',
    token_id: item.id,
    token_type: 'api',
    read_only: String(item.read_only === true),
    anonymize: String(item.anonymize === true),
  };
  if (item.parent !== undefined) context.parent = item.parent;
  if (item.expires_at !== undefined) context.expires_at = String(item.expires_at);
  return context;
}

function policy(Effect, event, context) {
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource: event.methodArn }];
  return { principalId: context.principal ?? 'none', policyDocument: { Version: '2012-10-17', Statement }, context };
}

async function authorize(event, key) {
  const caller = await readCaller(await verify(bearer(event), key));
  if (headerValues(event, 'x-epilot-org-id').some((org) => org !== caller.item.org)) {
    return policy('Deny', event, { code: 'permission_denied', reason: 'another organization' });
  }
  try {
    const isByRoles = evaluate(event, caller);
    await updateLastUsed(caller.item);
    return policy('Allow', event, { ...contextOf(caller, isByRoles), code: 'ok', reason: 'the route rule allows the request' });
  } catch (error) {
    if (!(error instanceof Denied)) throw error;
    return policy('Deny', event, { ...contextOf(caller, true), code: error.code, reason: error.message });
  }
}

const key = await loadKey();
await serve((event) =>
  authorize(event, key).catch((error) => {
    throw new Error(error instanceof Unauthorized ? 'Unauthorized' : 'Undecided');
  }),
);
