/** The keys that sign, in KMS: their public halves are read once, when the function starts. */

import { createHash, createPublicKey } from 'node:crypto';

import { GetPublicKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { calculateJwkThumbprint, importJWK } from 'jose';

import { kms } from './aws.mjs';

const ALGORITHMS = { RSA_2048: 'RS256', RSA_3072: 'RS256', RSA_4096: 'RS256', ECC_NIST_P256: 'ES256' };
const KMS_NAMES = { RS256: 'RSASSA_PKCS1_V1_5_SHA_256', ES256: 'ECDSA_SHA_256' };
const OUT_OF_USE = ['DisabledException', 'KMSInvalidStateException', 'NotFoundException'];

const split = (list) =>
  list
    .split(',')
    .map((arn) => arn.trim())
    .filter(Boolean);

async function load(arn) {
  try {
    const { KeySpec, PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: arn }));
    const alg = ALGORITHMS[KeySpec];
    if (!alg) throw new Error(`the key ${arn} is of a kind that is not used`);
    const jwk = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' });
    const size = alg === 'RS256' ? Buffer.from(jwk.n, 'base64url').length : 64;
    return { arn, alg, size, kid: await calculateJwkThumbprint(jwk), key: await importJWK(jwk, alg) };
  } catch (error) {
    if (!OUT_OF_USE.includes(error.name)) throw error;
    console.error(`the key ${arn} is disabled, pending deletion or deleted; it is not used`);
    return undefined;
  }
}

async function loadFamily(list) {
  const arns = split(list);
  const keys = (await Promise.all(arns.map(load))).filter(Boolean);
  if (keys.length === 0) throw new Error('no key of the family is in use');
  return { ring: new Map(keys.map((key) => [key.kid, key])), signing: keys.find((key) => key.arn === arns[0]) };
}

/** Each family's keys by `kid`, and the one that signs; all are asked for at once. */
export async function loadKeys() {
  const [access, journeys] = await Promise.all([process.env.ACCESS_KEYS, process.env.PUBLIC_KEYS].map(loadFamily));
  return { access, public: journeys };
}

/** The signature over SHA-256 of `input`, in the form that JOSE wants (RFC 7518, section 3). */
export async function sign({ arn, alg }, input) {
  const Message = createHash('sha256').update(input).digest();
  const order = { KeyId: arn, Message, MessageType: 'DIGEST', SigningAlgorithm: KMS_NAMES[alg] };
  const { KeyId, Signature } = await kms.send(new SignCommand(order));
  if (KeyId !== arn) throw new Error('another key has signed');
  return alg === 'RS256' ? Buffer.from(Signature) : joseOfDer(Buffer.from(Signature));
}

/** `r` and `s` of a DER `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3) as 32 bytes each. */
function joseOfDer(der) {
  const length = der[3];
  const integers = [der.subarray(4, 4 + length), der.subarray(6 + length)];
  const fixed = integers.map((integer) => {
    const magnitude = integer[0] === 0 ? integer.subarray(1) : integer;
    return Buffer.concat([Buffer.alloc(32 - magnitude.length), magnitude]);
  });
  return Buffer.concat(fixed);
}
