/** Verifies each token of the standard input with jose and writes one line of JSON: the error, or null if it is accepted. */

import { text } from 'node:stream/consumers';

import { createLocalJWKSet, jwtVerify } from 'jose';

const lines = (await text(process.stdin)).split('\n').filter(Boolean).map((line) => JSON.parse(line));
const [{ jwks, issuer, audience }, ...tokens] = lines;
const keys = createLocalJWKSet(jwks);
const requiredClaims = ['sub', 'jti', 'client_id', 'iat', 'token_use', 'token_id', 'token_type', 'org_id'];
const options = { issuer, audience, typ: 'at+jwt', algorithms: ['RS256', 'ES256'], requiredClaims };

for (const { token } of tokens) {
  const error = await jwtVerify(token, keys, options).then(() => null, ({ code, name, message }) => `${code ?? name}: ${message}`);
  console.log(JSON.stringify(error));
}
