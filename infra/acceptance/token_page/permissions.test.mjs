/** Users without the permission to manage tokens. */

import assert from 'node:assert/strict';

import { pageTest } from './fixture.mjs';
import { USERS } from './seed.mjs';

pageTest('missing permission is named as in the API’s response', USERS.withoutPermission, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.text('You do not have permission to manage tokens').waitFor();
  await tokenPage.text('token:view').waitFor();
  await tokenPage.text('Your roles in this organization: Orders.').waitFor();
  assert.equal(await tokenPage.button('Generate new token').count(), 0);
});

pageTest('user without a role is informed', USERS.withoutRole, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.text('You have no role in this organization.').waitFor();
});
