/** Verifies each token of the standard input with jose and writes one line of JSON: the error, or null if it is accepted. */

import { text } from 'node:stream/consumers';

import { createLocalJWKSet, jwtVerify } from 'jose';

const lines = (await text(process.stdin)).split('\n').filter(Boolean).map((line) => JSON.parse(line));
const [configuration, ...tokens] = lines;
const algorithms = ['RS256', 'ES256'];
const requiredClaims = ['sub', 'jti', 'client_id', 'iat', 'token_use', 'token_id', 'token_type', 'org_id'];
const options = {
  own: { typ: 'at+jwt', algorithms, requiredClaims },
  user: { algorithms, requiredClaims: ['sub', 'exp'], clockTolerance: 60 },
};

function verifierOf(name) {
  const { jwks, issuer, audience } = configuration[name];
  const keys = createLocalJWKSet(jwks);
  return (token) => jwtVerify(token, keys, { ...options[name], issuer, audience });
}

const verifiers = { own: verifierOf('own'), user: verifierOf('user') };

for (const { token, verifier } of tokens) {
  const error = await verifiers[verifier](token).then(() => null, ({ code, name, message }) => `${code ?? name}: ${message}`);
  console.log(JSON.stringify(error));
}
