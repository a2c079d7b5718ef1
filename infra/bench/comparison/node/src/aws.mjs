/** Items in DynamoDB and the signing key in KMS. */
import { createPublicKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { calculateJwkThumbprint, importJWK } from 'jose';

const settings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1000, throwOnRequestTimeout: true },
};
const kms = new KMSClient(settings);
export const dynamodb = new DynamoDBClient(settings);
export const table = process.env.TABLE_NAME;

export const tokenKey = (id) => ({ pk: `TOKEN#${id.slice(-21)}`, sk: 'TOKEN' });

export const roleKey = (id) => {
  const [org, name] = id.split(':');
  return { pk: `ORG#${org}`, sk: `ROLE#${name}` };
};

/** Reads items consistently in one batch; unprocessed keys are retried. Returns a function from a key to its item. */
export async function readItems(keys) {
  const items = new Map();
  let Keys = keys.map((key) => marshall(key));
  for (let delay = 20; delay < 2000; delay *= 2) {
    const RequestItems = { [table]: { Keys, ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await dynamodb.send(new BatchGetItemCommand({ RequestItems }));
    for (const item of Responses?.[table] ?? []) items.set(`${item.pk.S} ${item.sk.S}`, unmarshall(item));
    Keys = UnprocessedKeys?.[table]?.Keys ?? [];
    if (Keys.length === 0) return ({ pk, sk }) => items.get(`${pk} ${sk}`);
    await sleep(delay);
  }
  throw new Error('keys remained unprocessed');
}

/** Loads the key that signs access tokens. */
export async function loadKey() {
  const arn = process.env.ACCESS_KEYS.split(',')[0].trim();
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: arn }));
  const jwk = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  return { alg: 'RS256', kid: await calculateJwkThumbprint(jwk), publicKey: await importJWK(jwk, 'RS256') };
}
