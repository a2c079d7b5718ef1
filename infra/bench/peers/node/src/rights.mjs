/** What roles allow. A grant that is not understood can only take away. */

import { Denied } from './refusals.mjs';

const SCHEMA_VERSION = 1;
const READING = ['view', 'export', 'download'];
const DENY_ALL = { allows: [], denies: [{ action: '*', effect: 'deny' }] };

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

export const isReading = (action) => READING.includes(action.slice(action.lastIndexOf(':') + 1));

/** Whether the whole of `text` fits `pattern`, in which `*` stands for any run of characters. */
function matches(pattern, text) {
  const [first, ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop();
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

function understand(grant) {
  if (!isObject(grant)) return undefined;
  const { action, resource, effect = 'allow', ...others } = grant;
  const fits = typeof action === 'string' && (resource === undefined || typeof resource === 'string');
  const known = (effect === 'allow' || effect === 'deny') && Object.keys(others).length === 0;
  return fits && known ? { action, resource, effect } : undefined;
}

/** What a grant that was not understood takes away, since it may have been meant to. */
function denialIn(grant) {
  if (isObject(grant) && (grant.effect === undefined || grant.effect === 'allow')) return [];
  return [{ action: typeof grant?.action === 'string' ? grant.action : '*', effect: 'deny' }];
}

/** The grants of a role's row that count. */
export function roleOf({ v, name = '', grants = [] }) {
  const readable = Number.isInteger(v) && v <= SCHEMA_VERSION && typeof name === 'string' && Array.isArray(grants);
  if (!readable) return DENY_ALL;
  const understood = grants.map(understand);
  const denies = understood.filter((grant) => grant?.effect === 'deny');
  if (understood.every(Boolean)) return { allows: understood.filter((grant) => grant.effect === 'allow'), denies };
  return { allows: [], denies: [...denies, ...grants.filter((_, at) => !understood[at]).flatMap(denialIn)] };
}

/** Whether the grant speaks of it. Where the route names no resource, an allow counts only for all of them, a deny always. */
function covers(grant, action, resource) {
  if (!matches(grant.action, action)) return false;
  if (grant.resource === undefined) return true;
  if (resource !== undefined) return matches(grant.resource, resource);
  return grant.effect === 'deny' || /^\*+$/.test(grant.resource);
}

/** The organization's root role, where there is one, must allow as well. */
export function checkRoot(root, action, resource) {
  const covered = (grant) => covers(grant, action, resource);
  if (root && !(root.allows.some(covered) && !root.denies.some(covered))) {
    throw new Denied('permission_denied', `the root role of the organization does not allow ${action}`);
  }
}

/** Throws what speaks against `action` on `resource`, where something does. */
export function check({ held, roles, root, readOnly }, action, resource) {
  const covered = (grant) => covers(grant, action, resource);
  if (readOnly && !isReading(action)) {
    throw new Denied('read_only_token', `a read-only token does not allow ${action}`);
  }
  if (roles.some((role) => role.denies.some(covered))) {
    throw new Denied('permission_denied', `one of your roles denies ${action}`);
  }
  checkRoot(root, action, resource);
  const owner = held.some((id) => id.endsWith(':owner'));
  if (!owner && !roles.some((role) => role.allows.some(covered))) {
    throw new Denied('permission_denied', `permission ${action} is missing`);
  }
}
