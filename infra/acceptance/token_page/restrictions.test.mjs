/** Restrictions of tokens in the form, in the dialogs and in the list. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';

let owner;

before(async () => {
  owner = await stack.userToken('limits', 'restricting');
});

pageTest('restricted token is generated as the form says', USERS.restricting, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Order reader', /^Orders/);
  await tokenPage.text('This token can do at most what its roles allow, from any address.').waitFor();
  await tokenPage.openRestrictions();
  await tokenPage.button('Add permission').click();
  await tokenPage.text('Complete the restrictions to see what the token can do.').waitFor();
  await tokenPage.field('Action of permission 1').fill('order:view');
  await tokenPage.field('Resource (optional) of permission 1').fill('order/*');
  await tokenPage.text('This token can at most view orders on order/*, as far as its roles allow it, from any address.').waitFor();
  await tokenPage.button('Add permission').click();
  await tokenPage.field('Action of permission 2').fill('order:export');
  await tokenPage.button('Add permission').click();
  await tokenPage.button('Remove permission 3').click();
  await tokenPage.field('Addresses').fill('127.0.0.1\n2001:DB8::/32');
  const sentence = 'This token can at most view orders on order/* and export orders, as far as its roles allow it, from 127.0.0.1 and ' +
    '2001:db8::/32 only.';
  await tokenPage.text(sentence).waitFor();
  await tokenPage.capture('restricted-form', 'light');
  await tokenPage.button('Generate token').click();
  const token = await tokenPage.field('Token “Order reader”').inputValue();
  await tokenPage.text(sentence).waitFor();
  await tokenPage.capture('restricted-created', 'light');
  await tokenPage.button('Done, I have saved it').click();

  const { status, body: item } = await stack.request('GET', '/v1/access-tokens/self', token);
  assert.equal(status, 200);
  assert.deepEqual(item.grants, [{ action: 'order:view', resource: 'order/*' }, { action: 'order:export' }]);
  assert.deepEqual(item.allowed_cidrs, ['127.0.0.1/32', '2001:db8::/32']);
  const row = tokenPage.row('Order reader');
  await row.getByText('Limited to: order:view on order/*, order:export').waitFor();
  await row.getByText('Only from: 127.0.0.1, 2001:db8::/32').waitFor();
  await tokenPage.button('Refresh').click();
  await row.getByText('Limited to: order:view on order/*, order:export').waitFor();
  await page.getByRole('searchbox').fill('2001:db8');
  await tokenPage.text(/^1 of/).waitFor();
  await tokenPage.button('Revoke Order reader').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Owner: you.').waitFor();
  await dialog.getByText('Limited to: order:view on order/*, order:export').waitFor();
  await dialog.getByText('Only from: 127.0.0.1, 2001:db8::/32').waitFor();
  await tokenPage.capture('restricted-revoke', 'light');
});

pageTest('token from a network of others is refused', USERS.restricting, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.fillForm('Elsewhere', /^Orders/);
  await tokenPage.openRestrictions();
  await tokenPage.field('Addresses').fill('203.0.113.0/24');
  await tokenPage.button('Generate token').click();
  const token = await tokenPage.field('Token “Elsewhere”').inputValue();
  const { status, body } = await stack.request('GET', '/v1/access-tokens/self', token);
  assert.deepEqual([status, body.code], [403, 'address_not_allowed']);
});

pageTest('invalid restrictions show their errors', USERS.restricting, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Invalid', /^Orders/);
  let requests = 0;
  page.on('request', (request) => (requests += Number(request.method() === 'POST' && request.url().endsWith('/v1/access-tokens'))));
  await tokenPage.openRestrictions();
  await tokenPage.button('Add permission').click();
  await tokenPage.field('Addresses').fill('10.1.2.3/8');
  // The fields with errors are shown, also in a section that the user closed.
  await tokenPage.text('Restrict further').click();
  await tokenPage.field('Addresses').waitFor({ state: 'hidden' });
  await tokenPage.button('Generate token').click();
  const action = tokenPage.field('Action of permission 1');
  await tokenPage.text('Enter an action, or remove the entry.').waitFor();
  await tokenPage.text('“10.1.2.3/8” has bits after its prefix. Its network is 10.0.0.0/8.').waitFor();
  assert.equal(await action.evaluate((field) => field === document.activeElement), true);
  assert.equal(await action.getAttribute('aria-invalid'), 'true');
  await tokenPage.capture('restrictions-invalid', 'light');
  await action.fill('view orders');
  await tokenPage.text('The action is invalid.').waitFor();
  await action.fill('order:view');
  await tokenPage.text('The action is invalid.').waitFor({ state: 'detached' });
  await tokenPage.field('Resource (optional) of permission 1').fill('x'.repeat(1_024));
  await tokenPage.text('The permissions are too long.').waitFor();
  await tokenPage.field('Resource (optional) of permission 1').fill('');
  await tokenPage.field('Addresses').fill('office');
  await tokenPage.text('“office” is not an IP address or a network.').waitFor();
  await tokenPage.button('Generate token').click();
  assert.equal(await tokenPage.field('Addresses').evaluate((field) => field === document.activeElement), true);
  assert.equal(requests, 0);
  for (let position = 2; position <= 20; position++) await tokenPage.button('Add permission').click();
  await tokenPage.field('Action of permission 20').waitFor();
  assert.equal(await tokenPage.button('Add permission').getAttribute('aria-disabled'), 'true');
});

/** The API parses grants and networks as the form does. */
pageTest('API accepts what the form accepts and refuses the rest', USERS.restricting, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.fillForm('Compared', /^Orders/);
  await tokenPage.openRestrictions();
  await tokenPage.button('Add permission').click();
  await tokenPage.button('Generate token').click();
  const longest = 'é'.repeat(496);
  const form = { action: 'a:b', resource: '', addresses: '' };
  for (const change of [
    ...['10.0.0.0/8', '10.0.0.1/8', '::/0', '::ffff:10.0.0.0/104', '::ffff:0:0/95', '1:2:3:4:5:6:7::', '::1.2.3.4', '1::2::3', '010.0.0.0'].map((addresses) => ({ addresses })),
    ...['10.0.0.0/08', '10.0.0.0/33', '2001:DB8::/32', '2001:db8::1/32', 'fe80::1%eth0', Array(21).fill('10.0.0.1').join('\n')].map((addresses) => ({ addresses })),
    ...['*', 'a b', 'é', 'x'.repeat(128), 'x'.repeat(129)].map((action) => ({ action })),
    ...[longest, `${longest}x`].map((resource) => ({ resource })),
  ]) {
    const { action, resource, addresses } = { ...form, ...change };
    await tokenPage.field('Action of permission 1').fill(action);
    await tokenPage.field('Resource (optional) of permission 1').fill(resource);
    await tokenPage.field('Addresses').fill(addresses);
    const isAccepted = (await tokenPage.text('Complete the restrictions').count()) === 0;
    const grants = [resource === '' ? { action } : { action, resource }];
    const request = { name: 'Compared', assignments: ['limits:orders'], grants };
    const networks = addresses.split('\n').filter(Boolean);
    const { status } = await stack.request('POST', '/v1/access-tokens', owner, networks.length > 0 ? { ...request, allowed_cidrs: networks } : request);
    assert.equal(status, isAccepted ? 201 : 400, JSON.stringify(change).slice(0, 80));
  }
});

pageTest('restrictions of a token and its parent are listed', USERS.restricting, async (tokenPage) => {
  const { page } = tokenPage;
  const grants = ['a', 'b', 'c', 'd', 'e'].map((noun) => ({ action: `${noun}:view` }));
  const parent = await createToken(stack, owner, { name: 'Parent', assignments: ['limits:owner'], grants: [{ action: 'token:create' }, ...grants] });
  await createToken(stack, parent.token, { name: 'Child', grants: [{ action: 'a:view' }] });
  await tokenPage.signIn();
  await tokenPage.row('Child').getByText('Limited to: a:view').waitFor();
  await tokenPage.row('Child').getByText('Limited by its parent to: token:create, a:view, b:view').waitFor();
  await tokenPage.row('Child').getByText('owned by you').waitFor();
  const further = tokenPage.row('Parent').getByText('and 3 more');
  assert.equal(await tokenPage.row('Parent').getByText('e:view').isVisible(), false);
  await further.focus();
  await page.keyboard.press('Enter');
  await tokenPage.row('Parent').getByText('c:view, d:view, e:view').waitFor();
  await tokenPage.capture('restricted-list', 'light');
  const resource = 'long/'.repeat(60);
  await createToken(stack, owner, { name: 'Long', assignments: ['limits:owner'], grants: [{ action: 'a:view', resource }] });
  await tokenPage.button('Refresh').click();
  await tokenPage.row('Long').getByText('1 long entry').click();
  await tokenPage.row('Long').getByText(resource).waitFor();
});

pageTest('error codes about addresses have a hint', USERS.restricting, async (tokenPage) => {
  const { page } = tokenPage;
  await tokenPage.signIn();
  await tokenPage.fillForm('Refused', /^Orders/);
  for (const [code, hint] of [
    ['addresses_exceed_parent', 'Choose addresses within those of the token that creates the token.'],
    ['address_not_allowed', 'The token is bound to networks.'],
  ]) {
    await page.route('**/v1/access-tokens', (route) => route.fulfill({ status: 403, json: { detail: `reason of ${code}`, code } }), { times: 1 });
    await page.getByRole('dialog').locator('[type="submit"]').click();
    await tokenPage.text(`Reason of ${code}.`).waitFor();
    await tokenPage.text(hint).waitFor();
  }
});
