/**
 * Requests while a provider rotates its keys or is unavailable. Each scenario takes the context and returns its measurements
 * as text.
 */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeProtectedHeader } from 'jose';

import { call, expectUnauthenticated, list, resign } from './api_calls.mjs';
import { generateKeys } from './identity_provider.mjs';
import { signIn } from './sign_in.mjs';
import { USER } from './sign_in_scenarios.mjs';

/** The shortest time between two requests for a provider's keys because of an unknown key, in milliseconds. */
const MIN_KEY_REQUEST_INTERVAL = 60_000;
/** The longest time until a new key is accepted, in milliseconds. */
const ROTATION_TIMEOUT = 75_000;
/** The longest duration of a rejection, in milliseconds. */
const MAX_REJECTION_DURATION = 10_000;
/** Keys of no provider. */
const UNKNOWN_KEYS = await generateKeys();

/** After a rotation, new tokens are accepted and old ones rejected within a minute, with at most two key requests. */
export async function followsRotation({ stack, acme }) {
  const before = (await signIn(acme, USER)).id;
  await acme.stop();
  const lastRequest = acme.keyRequests.at(-1);
  const requestCount = acme.keyRequests.length;
  await acme.start(await generateKeys());
  const after = (await signIn(acme, USER)).id;
  assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
  const sent = await sendUntilAccepted(stack, after);
  const delay = Date.now() - lastRequest;
  const requests = acme.keyRequests.length - requestCount;
  assert.ok(delay <= MIN_KEY_REQUEST_INTERVAL + 5000, `accepted ${delay} ms after the last key request`);
  assert.ok(requests <= 2, `${requests} key requests`);
  await expectUnauthenticated(stack, before);
  return `accepted ${delay} ms after the last key request; ${sent} tokens with unknown keys caused ${requests} key requests`;
}

/** Sends the token, alternating with tokens of unknown keys, until it is accepted. Returns the number of tokens sent. */
async function sendUntilAccepted(stack, token) {
  const deadline = Date.now() + ROTATION_TIMEOUT;
  for (let sent = 2; Date.now() < deadline; sent += 2) {
    await expectUnauthenticated(stack, await resignWithUnknownKey(token));
    const { status } = await call(stack, token);
    if (status === 200) return sent;
    assert.equal(status, 401);
    await sleep(500);
  }
  throw new Error(`a token with the new key is rejected after ${ROTATION_TIMEOUT} ms`);
}

/** Signs the token's claims with an unknown key, under a new `kid` each time. */
function resignWithUnknownKey(token) {
  const key = UNKNOWN_KEYS.find(({ kty }) => kty === 'RSA');
  return resign(token, { ...key, kid: randomUUID() });
}

/** The provider has closed its port: tokens with known keys are accepted before and after a failed key request. */
export async function survivesClosedPort({ stack, apis }, token) {
  await list(stack, token);
  await untilKeyRequestDue(apis);
  const duration = await expectUnauthenticated(stack, await resignWithUnknownKey(token));
  assert.ok(duration < MAX_REJECTION_DURATION, `the rejection took ${duration} ms`);
  await list(stack, token);
  return `an unknown key is rejected in ${duration} ms`;
}

/** The provider accepts connections without responding: only requests that need its response are delayed. */
export async function survivesStall({ stack, es256 }, token, latchkeyToken) {
  await list(stack, token);
  await untilKeyRequestDue(es256);
  const rejection = expectUnauthenticated(stack, await resignWithUnknownKey(token));
  // Until the key request is sent, another call could occupy the process that has the known keys.
  const connected = await Promise.race([es256.stalledConnection.then(() => true), rejection.then(() => false)]);
  assert.ok(connected, 'the provider received no request');
  const durations = await callDurationsDuring(rejection, stack, latchkeyToken);
  const duration = await rejection;
  const longest = Math.max(...durations);
  assert.ok(duration < MAX_REJECTION_DURATION, `the rejection took ${duration} ms`);
  assert.ok(durations.length > 0 && longest < duration, `concurrent calls took ${durations} ms`);
  const median = durations.toSorted((one, other) => one - other)[durations.length >> 1];
  const calls = `${durations.length} concurrent calls with a Latchkey token took ${median} ms (median), ${longest} ms (longest)`;
  return `an unknown key is rejected in ${duration} ms; ${calls}`;
}

/** Calls with Latchkey's own token until the other call has ended. Returns the durations in milliseconds. */
async function callDurationsDuring(other, stack, token) {
  const durations = [];
  let isRunning = true;
  const end = () => (isRunning = false);
  other.then(end, end);
  while (isRunning) {
    const { status, duration } = await call(stack, token);
    assert.equal(status, 200);
    durations.push(duration);
    await sleep(20);
  }
  return durations;
}

/** Waits until an unknown key may cause a key request again. */
async function untilKeyRequestDue({ keyRequests }) {
  await sleep(Math.max(0, keyRequests.at(-1) + MIN_KEY_REQUEST_INTERVAL + 100 - Date.now()));
}
