/** What a REST API asks its authorizer, and the policy that it takes for an answer. */

import { Denied, Unauthorized } from './refusals.mjs';

const LONGEST_ARN = 512;
const LARGEST_ANSWER = 8192;

/** All values of a header, by whatever spelling of its name. */
function values(event, name) {
  const of = (headers) => Object.entries(headers ?? {}).filter(([own]) => own.toLowerCase() === name);
  const several = of(event.multiValueHeaders).flatMap(([, all]) => all);
  return several.length > 0 ? several : of(event.headers).map(([, value]) => value);
}

/** The event's parts that bear on the decision. */
export function readEvent(event) {
  if (event.type !== 'REQUEST' || event.version !== undefined)
    throw new Error('this is no REQUEST event of a REST API');
  return {
    api: event.methodArn.split('/')[0].split(':').at(-1),
    method: event.httpMethod,
    route: `${event.httpMethod} ${event.resource}`,
    parameters: event.pathParameters ?? {},
    orgs: values(event, 'x-epilot-org-id'),
    credentials: values(event, 'authorization'),
    arn: literalArn(event),
  };
}

/** The bearer token (RFC 6750, section 2.1) of the one header that may hold it. */
export function bearer(credentials) {
  const [, token] = credentials.length === 1 ? (/^bearer +([^ ]+) *$/i.exec(credentials[0]) ?? []) : [];
  if (!token) throw new Unauthorized('there is not one bearer token');
  return token;
}

/** The route's path with its parameters in their places; `undefined` where one is missing or takes more than its segment. */
function pathOf({ resource, pathParameters }) {
  const segments = resource.split('/').map((segment) => {
    const [, name, greedy] = /^\{(.*?)(\+?)\}$/.exec(segment) ?? [];
    if (name === undefined) return segment;
    const value = pathParameters?.[name];
    return value && (greedy || !value.includes('/')) ? value : undefined;
  });
  return segments.includes(undefined) ? undefined : segments.join('/');
}

/** The one ARN that the request is for, from the event's parts; `undefined` where a policy would not take it literally. */
function literalArn(event) {
  const path = pathOf(event);
  if (path === undefined) return undefined;
  const plain = (segment) => /^[\w.~-]+$/.test(segment) && segment !== '.' && segment !== '..';
  const literal = path === '/' || (path.startsWith('/') && path.slice(1).split('/').every(plain));
  const arn = `${event.methodArn.split('/')[0]}/${event.requestContext.stage}/${event.httpMethod}${path}`;
  const fits = arn.length <= LONGEST_ARN && !/[*?$]/.test(arn);
  return literal && fits && arn === event.methodArn ? arn : undefined;
}

function policy(Effect, Resource, caller, code, reason) {
  return {
    principalId: caller?.principal ?? 'nobody',
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }] },
    context: { ...caller, code, reason },
  };
}

const fits = (answer) => Buffer.byteLength(JSON.stringify(answer)) <= LARGEST_ANSWER;

/** The refusal of somebody of whom the gateway can carry nothing. */
export const tooManyRoles = (caller) =>
  new Denied('too_many_roles', 'your roles in this organization exceed the size limit of the authorizer context', caller);

/** Allows the one request; `caller` is `undefined` where nobody was asked who they are. */
export function allow({ arn }, caller) {
  if (!arn) {
    throw new Denied('permission_denied', 'the path is too long or contains a character that no route accepts', caller);
  }
  const answer = policy('Allow', arn, caller, 'ok', 'the route rule allows the request');
  if (!fits(answer)) throw tooManyRoles();
  return answer;
}

/** Denies the one request; where no policy can name it, everything. */
export function deny({ arn = '*' }, { caller, code, message }) {
  const answer = policy('Deny', arn, caller, code, message);
  return fits(answer) ? answer : policy('Deny', arn, undefined, code, message);
}
