/** A Lambda authorizer for REST APIs: verifies the token, reads its row, its parent's and its roles', and decides. */

import { isDeepStrictEqual } from 'node:util';

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { decodeJwt, jwtVerify } from 'jose';

import { dynamodb, readRows, roleKey, table, tokenKey } from './aws.mjs';
import { allow, bearer, deny, readEvent, tooManyRoles } from './gateway.mjs';
import { loadKeys } from './keys.mjs';
import { Denied, Unauthorized, Undecided } from './refusals.mjs';
import { check, checkRoot, roleOf } from './rights.mjs';
import { fill, findRule } from './rules.mjs';
import { serve } from './runtime.mjs';
import { accepted, claimsOf, familyOf, isAlive, isOrg, isRole, isSound, isTokenId, now, typeOf } from './tokens.mjs';

const REQUIRED = ['sub', 'jti', 'client_id', 'iat', 'token_use', 'token_id', 'token_type', 'org_id', 'assume_roles'];
const LONGEST_TOKEN = 10_240;
const MOST_ROLE_BYTES = 3700;
const NOTING_MS = 200;

/** The family whose issuer the token names, and its claims, once its signature is that of the key that it names there. */
async function verify(token, keys) {
  if (token.length > LONGEST_TOKEN) throw new Unauthorized('it is too long');
  try {
    const { iss } = decodeJwt(token);
    const family = ['access', 'public'].find((name) => accepted[name].some(({ issuer }) => issuer === iss));
    const { payload } = await jwtVerify(token, (header) => keyOf(keys[family], header), {
      typ: 'at+jwt',
      requiredClaims: REQUIRED,
    });
    const known = accepted[family].some(({ issuer, audience }) => issuer === payload.iss && audience === payload.aud);
    if (!known) throw new Error('token audience is not accepted');
    return { family, claims: payload };
  } catch (error) {
    throw new Unauthorized(error);
  }
}

/** A key has one algorithm; a token does not choose. */
function keyOf({ ring }, { kid, alg, crit }) {
  if (crit !== undefined) throw new Error('header parameter `crit` is not supported');
  const own = ring.get(kid);
  if (own?.alg !== alg) throw new Error('`kid` does not match any key of the issuer and algorithm');
  return own.key;
}

/** Who has the token with these claims. They say which rows to read; what counts is in the rows. */
async function recognize({ family, claims }, orgs) {
  const { token_id: id, parent, org_id: org, assume_roles: named } = claims;
  const sound = isTokenId(id) && isOrg(org) && Array.isArray(named) && named.every(isRole);
  if (!sound || (parent !== undefined && !isTokenId(parent))) throw new Unauthorized('claims contain an invalid id');
  const ids = new Set([id, parent].filter(Boolean));
  const roles = new Set([...named, `${org}:root`]);
  const find = await readRows([...[...ids].map(tokenKey), ...[...roles].map(roleKey)]);
  const row = living(find, id);
  const same = isDeepStrictEqual(claims, claimsOf(row, claims.iss, claims.aud));
  if (!same || familyOf(typeOf(row.id)) !== family) throw new Unauthorized('claims do not match the stored token');
  checkParent(find, row);
  if (orgs.length > 0 && !(orgs.length === 1 && orgs[0] === row.org)) {
    throw new Denied('permission_denied', 'a token can be used only in its own organization');
  }
  return { row, ...holdings(find, row) };
}

function living(find, id) {
  const row = find(tokenKey(id));
  if (!row || !isSound(row)) throw new Unauthorized('token does not exist');
  if (!isAlive(row, now())) throw new Unauthorized('token is revoked or expired');
  return row;
}

/** A parent that is revoked, expired, absent or another ends its children at once. */
function checkParent(find, row) {
  if (row.parent === undefined) return;
  const parent = living(find, row.parent);
  if (parent.id !== row.parent || parent.created_at > row.created_at || parent.org !== row.org) {
    throw new Unauthorized('its parent is another');
  }
}

/** The roles that the row names and that exist, `owner` even without a row. */
function holdings(find, row) {
  const rowOf = (id) => find(roleKey(id));
  const held = [...new Set(row.roles)].filter(
    (id) => id !== `${row.org}:root` && (rowOf(id) || id === `${row.org}:owner`),
  );
  const read = held.filter(rowOf).map((id) => ({ id, ...roleOf(rowOf(id)) }));
  const root = rowOf(`${row.org}:root`);
  return { held, roles: read, root: root && roleOf(root), readOnly: row.read_only === true };
}

/** The caller as the functions behind the gateway are told, in texts alone. */
function callerOf({ row, held, roles }, withRoles = true) {
  const denying = roles.filter((role) => role.denies.length > 0).map((role) => role.id);
  const caller = { org_id: row.org, principal: row.id, roles: withRoles ? held.join(' ') : '' };
  Object.assign(caller, {
    deny_roles: withRoles ? denying.join(' ') : '',
    token_id: row.id,
    token_type: typeOf(row.id),
  });
  Object.assign(caller, { read_only: String(row.read_only === true), anonymize: String(row.anonymize === true) });
  if (row.parent !== undefined) caller.parent = row.parent;
  if (row.expires_at !== undefined) caller.expires_at = String(row.expires_at);
  return caller;
}

/** Throws what speaks against the request; gives whether its roles are what allows it. */
function permit(rule, known, { method, parameters }) {
  if (!rule) throw new Denied('permission_denied', 'no rule allows this route');
  const isPublic = familyOf(typeOf(known.row.id)) === 'public';
  if (isPublic && !rule.public_tokens) {
    throw new Denied('permission_denied', 'public tokens are not allowed on this route');
  }
  const own = parameters[rule.own_id];
  if (!isPublic && own !== undefined && (own === 'self' || own === known.row.id)) return false;
  if (!isPublic && known.held.join(' ').length > MOST_ROLE_BYTES) throw tooManyRoles();
  if (rule.action) {
    const resource = rule.resource === undefined ? undefined : fill(rule.resource, parameters);
    if (resource === null)
      throw new Denied('permission_denied', 'a path parameter that the rule of this route requires is missing or empty');
    if (isPublic) checkRoot(known.root, rule.action, resource);
    else check(known, rule.action, resource);
  } else if (known.readOnly && !['GET', 'HEAD', 'OPTIONS'].includes(method)) {
    throw new Denied('read_only_token', 'a read-only token allows only GET, HEAD and OPTIONS requests here');
  }
  return !isPublic;
}

/** Notes the first use of a day. Whether that works changes no decision, and waiting for it has an end. */
async function note({ id, last_used: last }) {
  const today = new Date().toISOString().slice(0, 10);
  if (last === today) return;
  const command = new UpdateItemCommand({
    TableName: table,
    Key: marshall(tokenKey(id)),
    UpdateExpression: 'SET last_used = :day',
    ConditionExpression:
      'attribute_exists(pk) AND attribute_not_exists(revoked_at) AND (attribute_not_exists(last_used) OR last_used < :day)',
    ExpressionAttributeValues: { ':day': { S: today } },
  });
  await dynamodb.send(command, { abortSignal: AbortSignal.timeout(NOTING_MS) }).catch(() => {});
}

async function decide(keys, request) {
  const rule = findRule(request.api, request.route);
  if (rule?.public) return allow(request);
  const known = await recognize(await verify(bearer(request.credentials), keys), request.orgs);
  let byRoles;
  try {
    byRoles = permit(rule, known, request);
  } catch (denied) {
    // Somebody of whom there is too much is denied as well, and told with what there is.
    throw Object.assign(denied, { caller: callerOf(known) });
  }
  await note(known.row);
  return allow(request, callerOf(known, byRoles));
}

async function answer(keys, event) {
  const request = readEvent(event);
  try {
    return await decide(keys, request);
  } catch (error) {
    if (error instanceof Denied) return deny(request, error);
    if (error instanceof Unauthorized) throw error;
    console.error(`undecided: ${error.name}`);
    throw new Undecided(error);
  }
}

async function main() {
  const keys = await loadKeys();
  await serve((event) => answer(keys, event));
}

main();
