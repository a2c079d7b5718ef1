/** Who calls, by the authorizer's context alone. */

import { Problem } from './problem.mjs';
import { isOrg, isRole, isTokenId } from './tokens.mjs';

const PERSON = /^[a-z0-9-]{1,32}\|[!-~]{1,255}$/;
const FLAGS = ['true', 'false'];

const split = (text) => text?.split(' ').filter(Boolean);
const optional = (text, fits) => text === undefined || fits(text);

/** Whether the context names a token that calls, in all that is known of one. */
function namesToken({ principal, token_id: id, parent, expires_at: end, read_only, anonymize }) {
  const flags = FLAGS.includes(read_only) && FLAGS.includes(anonymize);
  return (
    id === principal &&
    isTokenId(id) &&
    flags &&
    optional(parent, isTokenId) &&
    optional(end, (text) => /^\d{1,12}$/.test(text))
  );
}

/** The caller that the gateway names in this event. Without its authorizer nobody is known. */
export function readCaller(event) {
  const context = event.requestContext?.authorizer ?? {};
  const { org_id: org, principal } = context;
  const [roles, denying] = [split(context.roles), split(context.deny_roles)];
  const person = PERSON.test(principal) && context.token_id === undefined;
  const known = isOrg(org) && roles?.every(isRole) && denying?.every(isRole) && (person || namesToken(context));
  if (!known) throw new Problem(401, 'unauthenticated', 'a valid bearer token is required');
  if (headers(event, 'x-epilot-org-id').some((named) => named !== org)) {
    throw new Problem(403, 'permission_denied', '`x-epilot-org-id` is not the organization of the caller');
  }
  return { org, principal, roles, denying, token: person ? undefined : tokenOf(context) };
}

function tokenOf({ token_id: id, parent, expires_at: end, read_only, anonymize }) {
  return { id, parent, end: end && Number(end), readOnly: read_only === 'true', anonymize: anonymize === 'true' };
}

/** All values of a header, by whatever spelling of its name. */
export function headers(event, name) {
  const of = (all) => Object.entries(all ?? {}).filter(([own]) => own.toLowerCase() === name);
  const several = of(event.multiValueHeaders).flatMap(([, values]) => values);
  return several.length > 0 ? several : of(event.headers).map(([, value]) => value);
}
