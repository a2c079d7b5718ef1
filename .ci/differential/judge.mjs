// Says of each token on the standard input why jose refuses it, a JSON text a line; null where it accepts.
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify } from 'jose';

const lines = (await text(process.stdin)).split('\n').filter(Boolean).map((line) => JSON.parse(line));
const [{ jwks, issuer, audience }, ...tokens] = lines;
const keys = createLocalJWKSet(jwks);
const requiredClaims = ['sub', 'jti', 'client_id', 'iat', 'token_use', 'token_id', 'token_type', 'org_id'];
const options = { issuer, audience, typ: 'at+jwt', algorithms: ['RS256', 'ES256'], requiredClaims };

for (const { token } of tokens) {
  const refused = await jwtVerify(token, keys, options).then(() => null, (error) => `${error.code ?? error.name}: ${error.message}`);
  console.log(JSON.stringify(refused));
}
