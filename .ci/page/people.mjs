/** Who may and who may not, and what people call things. */

import assert from 'node:assert/strict';

import { visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

visit('is told why, in the words of the API', PEOPLE.viewer, async (visitor) => {
  await visitor.signIn();
  await visitor.text('You do not have permission to manage tokens').waitFor();
  await visitor.text('token:create').waitFor();
  await visitor.text('Your roles in this organization: Viewer.').waitFor();
  assert.equal(await visitor.button('Generate new token').count(), 0);
});

visit('is told of having no role at all', PEOPLE.nobody, async (visitor) => {
  await visitor.signIn();
  await visitor.text('You have no role in this organization.').waitFor();
});

visit('is shown as text', PEOPLE.hostile, async (visitor) => {
  const page = await visitor.signIn();
  const name = '<img src=x onerror=alert(1)>';
  await visitor.form(name);
  await page.getByRole('checkbox', { name: /onerror=alert/ }).check();
  await visitor.text('<script>alert(2)</script> on "><b>').waitFor();
  await visitor.button('Generate token').click();
  await visitor.button('Done, I have saved it').click();
  await visitor.row(name).waitFor();
  await visitor.button(`Revoke ${name}`).click();
  await page.getByRole('heading', { name: `Revoke “${name}”?` }).waitFor();
  await visitor.button('Revoke token').click();
  await visitor.text(`“${name}” is revoked.`).waitFor();
  assert.equal(await page.locator('img, script:not([src])').count(), 0);
  assert.deepEqual(visitor.dialogs, []);
});
