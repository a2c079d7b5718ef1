/** The connections to AWS, made once. */

import { setTimeout as pause } from 'node:timers/promises';

import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

// An answer within a second or another attempt, so that an outage is told long before the gateway gives up.
const settings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1000, throwOnRequestTimeout: true },
};
const BUDGET_MS = 2000;

export const table = process.env.TABLE_NAME;
export const kms = new KMSClient(settings);
export const dynamodb = new DynamoDBClient(settings);

export const tokenKey = (id) => ({ pk: `TOKEN#${id.slice(id.indexOf('_') + 1)}`, sk: 'TOKEN' });

export const roleKey = (id) => {
  const [org, slug] = id.split(':');
  return { pk: `ORG#${org}`, sk: `ROLE#${slug}` };
};

/**
 * Reads rows by their keys, strongly, in one batch. A key that was left unprocessed is not absent: it is asked for again, and
 * is an error in the end.
 *
 * @returns {Promise<(key: object) => object | undefined>} the row with a key, where there is one
 */
export async function readRows(keys) {
  const rows = new Map();
  const end = Date.now() + BUDGET_MS;
  let left = keys.map((key) => marshall(key));
  for (let wait = 20; ; wait *= 2) {
    const RequestItems = { [table]: { Keys: left, ConsistentRead: true } };
    const answer = await dynamodb.send(new BatchGetItemCommand({ RequestItems }));
    for (const item of answer.Responses?.[table] ?? []) rows.set(`${item.pk.S} ${item.sk.S}`, unmarshall(item));
    left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    if (left.length === 0) return ({ pk, sk }) => rows.get(`${pk} ${sk}`);
    if (Date.now() + wait > end)
      throw Object.assign(new Error('unprocessed keys remained after the retries'), { name: 'ThrottlingException' });
    await pause(wait);
  }
}
