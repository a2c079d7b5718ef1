/** A refusal in the form of RFC 9457. */

import { STATUS_CODES } from 'node:http';

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
};
const MORE = { 401: { 'www-authenticate': 'Bearer' }, 503: { 'retry-after': '1' } };

/** What the caller is refused for. */
export class Problem extends Error {
  constructor(status, code, sentence) {
    super(sentence);
    Object.assign(this, { status, code });
  }
}

/** A member of the body breaks a rule. */
export const invalid = (sentence) => new Problem(400, 'invalid_request', sentence);

/** An answer as the gateway takes it. */
export const answer = (statusCode, body, headers = {}) => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...HEADERS, ...headers },
  body: JSON.stringify(body),
});

/** The answer that tells of `problem`, in answer to the request with this id. */
export function refusal({ status, code, message }, instance) {
  const body = {
    type: `urn:latchkey:problem:${code}`,
    title: STATUS_CODES[status],
    status,
    detail: message,
    instance,
    code,
    error: message,
  };
  return answer(status, body, { 'content-type': 'application/problem+json', ...MORE[status] });
}

const LATER = [
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'ReplicatedWriteConflictException',
  'TimeoutError',
];

/** What the caller reads of an error that is not theirs: nothing of its cause. */
export function ours(error) {
  const status = error.$metadata?.httpStatusCode;
  // Without an answer of the service it was not reachable.
  const later = LATER.includes(error.name) || status >= 500 || status === 429 || error.syscall !== undefined;
  if (later) return new Problem(503, 'unavailable', 'the service is temporarily unavailable; retry after a second');
  return new Problem(500, 'internal', 'internal error; quote the request id to support');
}
