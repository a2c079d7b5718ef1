/** What becomes of people while their provider changes or is away. A case takes the world. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeProtectedHeader } from 'jose';

import { call, create, list, refuse, signAgain } from './api.mjs';
import { PERSON } from './cases.mjs';
import { newKeys } from './provider.mjs';
import { signIn } from './sign-in.mjs';

/** How often a provider is asked at most for a key that is unknown, in milliseconds. */
const AT_MOST_EVERY = 60_000;
/** For how long the new key is waited for at most, in milliseconds. */
const PATIENCE = 75_000;
/** How long a refusal may take, in milliseconds. */
const PROMPT = 10_000;
/** Keys that no provider has. */
const STRANGE = await newKeys();

/** The keys of a provider are new, the old ones gone: people follow within a minute, and it is left in peace. */
export async function followsRotation({ stack, acme }) {
  const before = (await signIn(acme, PERSON)).id;
  await acme.stop();
  const [fetched, fetches] = [acme.asked.at(-1), acme.asked.length];
  await acme.start(await newKeys());
  const after = (await signIn(acme, PERSON)).id;
  assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
  const sent = await sendUntilTaken(stack, after);
  const [late, asked] = [Date.now() - fetched, acme.asked.length - fetches];
  assert.ok(late <= AT_MOST_EVERY + 5000, `it was taken ${late} ms after the last fetch`);
  assert.ok(asked <= 2, `the provider was asked ${asked} times`);
  await refuse(stack, before);
  return `${late} ms after the last fetch; ${sent} tokens under unknown keys made it ${asked} more`;
}

/** Sends the token, and others under keys that nobody has, until it is taken: how many were sent. */
async function sendUntilTaken(stack, token) {
  const end = Date.now() + PATIENCE;
  for (let sent = 2; Date.now() < end; sent += 2) {
    await refuse(stack, await bySomebody(token));
    const { status } = await call(stack, token);
    if (status === 200) return sent;
    assert.equal(status, 401);
    await sleep(500);
  }
  throw new Error(`a token under the new key is refused after ${PATIENCE} ms still`);
}

/** The claims of the token under a key that nobody knows, and each time under another `kid`. */
function bySomebody(token) {
  const key = STRANGE.find(({ kty }) => kty === 'RSA');
  return signAgain(token, { ...key, kid: randomUUID() });
}

/** The provider closed its port: those under known keys are known, before it was asked in vain and after. */
export async function outlivesClosed({ stack, apis }, token) {
  await list(stack, token);
  await untilDue(apis);
  const took = await refuse(stack, await bySomebody(token));
  assert.ok(took < PROMPT, `the refusal took ${took} ms`);
  await list(stack, token);
  return `an unknown key is refused in ${took} ms`;
}

/** The provider takes connections and says nothing: that holds up those who need its answer alone. */
export async function outlivesSilent({ stack, es256 }, token, own) {
  await list(stack, token);
  await untilDue(es256);
  const refusal = refuse(stack, await bySomebody(token));
  // Until then another call could take the process that has the known keys.
  const asked = await Promise.race([es256.held.then(() => true), refusal.then(() => false)]);
  assert.ok(asked, 'the provider was not asked');
  const meanwhile = await callsDuring(refusal, stack, own);
  const took = await refusal;
  assert.ok(took < PROMPT, `the refusal took ${took} ms`);
  assert.ok(meanwhile.length > 0 && Math.max(...meanwhile) < took, `calls meanwhile took ${meanwhile} ms`);
  const middle = meanwhile.toSorted((one, other) => one - other)[meanwhile.length >> 1];
  const calls = `${meanwhile.length} calls by a Latchkey token, ${middle} ms each, ${Math.max(...meanwhile)} at most`;
  return `an unknown key is refused in ${took} ms; meanwhile ${calls}`;
}

/** Calls with Latchkey's own token as long as the other call runs: how many milliseconds each took. */
async function callsDuring(other, stack, own) {
  const took = [];
  let runs = true;
  const end = () => (runs = false);
  other.then(end, end);
  while (runs) {
    const answer = await call(stack, own);
    assert.equal(answer.status, 200);
    took.push(answer.took);
    await sleep(20);
  }
  return took;
}

/** Waits until the provider may be asked again. */
async function untilDue({ asked }) {
  await sleep(Math.max(0, asked.at(-1) + AT_MOST_EVERY + 100 - Date.now()));
}
