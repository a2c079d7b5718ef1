/** Texts of the token page: labels, hints, notifications and error messages. Details of API errors come from the API. */

import type { TokenType } from './api-types';

/** The language of all texts, numbers and dates. */
export const LANGUAGE = 'en';

const number = new Intl.NumberFormat(LANGUAGE);
const tokens = (count: number) => `${number.format(count)} ${count === 1 ? 'token' : 'tokens'}`;

export const messages = {
  brand: 'Latchkey',
  title: 'Access tokens',
  ownTitle: 'Your tokens',
  documentation: 'API docs',
  organization: (name: string) => `Organization ${name}`,
  signOut: 'Sign out',
  tryAgain: 'Try again',
  cancel: 'Cancel',
  copied: 'Copied',
  notCopied: 'The text could not be copied. Select it and copy it manually.',

  signIn: {
    title: 'Sign in',
    busy: 'Signing in …',
    signingOut: 'Signing out …',
    with: (provider: string) => `Sign in with ${provider}`,
    choose: 'Choose an identity provider.',
    signedOut: 'You are signed out',
    signedOutText: 'This page has deleted the data of your session.',
    failed: 'Sign-in failed',
    providerError: (why: string) => `The identity provider returned an error: ${why}`,
    unreachable: 'The identity provider cannot be reached. Check your connection and try again.',
    unexpectedResponse: 'The response of the identity provider does not belong to a sign-in from this page. Sign in again.',
    tokenRejected:
      'The identity provider signed you in, but the API rejected its token. Ask the operator of Latchkey to check `audience` and ' +
      '`organizations` of this provider in the parameter `IdentityProviders`.',
    sessionEnded: 'Your session has ended',
    sessionEndedText: 'Sign in again to continue where you left off.',
    notConfigured: 'Sign-in is not configured',
    notConfiguredText:
      'This page has no identity provider. Ask the operator of Latchkey to add `page` to a provider in the parameter ' +
      '`IdentityProviders`.',
  },

  list: {
    intro: 'Programs use access tokens to call the API. A token works until it expires or is revoked.',
    ownIntro: 'The tokens that you own. Programs use them to call the API, until a token expires or you revoke it.',
    createToken: 'Generate new token',
    search: 'Search',
    searchHint: 'Name, ID, role, creator, or a pasted token',
    pastedToken: {
      verifying: 'Verifying the signature of the pasted token …',
      valid: 'The pasted token is genuine: its signature is valid. The search field contains its ID. A token that is not listed is ' +
        'revoked, or belongs to another organization.',
      expired: (when: string) => `The pasted token is genuine, but expired on ${when}. The search field contains its ID.`,
      invalid:
        'The pasted token was not issued by this service, or it was changed: its signature is invalid. The ID in it may be that of ' +
        'another token, so it was discarded.',
      unavailable: 'The pasted token could not be verified. Paste it again to retry.',
    },
    showSystemTokens: 'Include system tokens (App, Assume)',
    refresh: 'Refresh',
    table: 'Tokens of your organization',
    ownTable: 'Your tokens',
    loading: 'Loading tokens …',
    loadingMore: (count: number) => `${tokens(count)} loaded, loading more …`,
    count: (count: number) => tokens(count),
    matchCount: (found: number, all: number) => `${number.format(found)} of ${tokens(all)}`,
    revokedCount: (count: number) => `${number.format(count)} just revoked`,
    truncated: (count: number) => `The list shows the newest ${tokens(count)}.`,
    loadMore: 'Load more',
    failed: 'The tokens could not be loaded',
    incomplete: 'The list is not up to date, because the tokens could not be loaded',
    permissionDenied: 'You do not have permission to see tokens',
    yourRoles: (roles: string) =>
      `Your roles in this organization: ${roles}. Ask an administrator for a role that grants this permission.`,
    youHaveNoRole: 'You have no role in this organization. Ask an administrator for a role that grants this permission.',
    empty: 'No tokens yet',
    emptyText:
      'A program, such as a script, a server or an integration, uses a token to call the API. The token acts in your ' +
      'organization with the roles that you choose, until it expires or you revoke it.',
    emptyForViewerText: 'Your organization has no tokens. You have permission to see tokens, but not to create them.',
    noMatch: 'No tokens match your search',
    noMatchText: 'Change the search text or include system tokens.',
    clearSearch: 'Clear search',
    pageRange: (from: number, to: number, all: number) => `${number.format(from)} to ${number.format(to)} of ${number.format(all)}`,
    pages: 'Pages',
    previous: 'Previous',
    next: 'Next',
    columns: {
      name: 'Name',
      type: 'Type',
      roles: 'Roles',
      created: 'Created',
      used: 'Last used',
      expires: 'Expires',
      actions: 'Actions',
    },
    copyId: (name: string) => `Copy the ID of ${name}`,
    createdBy: (who: string) => `by ${who}`,
    ownedBy: (who: string) => `owned by ${who}`,
    you: 'you',
    now: 'just now',
    never: 'never',
    noExpiration: 'never',
    soon: 'soon',
    expired: 'expired',
    moreEntries: (count: number) => `and ${number.format(count)} more`,
    longEntries: (count: number) => `${number.format(count)} long ${count === 1 ? 'entry' : 'entries'}`,
    noRoles: 'none',
    alsoDeniedBy: 'Also denied by:',
    limitedTo: 'Limited to:',
    limitedByParentTo: 'Limited by its parent to:',
    onlyFrom: 'Only from:',
    replacedBy: 'Replaced by:',
    replaces: 'Replaces:',
    showToken: (id: string) => `Show ${id}`,
    endsEarlier: 'or one minute after the first use of the new token',
    rotated: 'rotated',
    ended: 'ended',
    renewable: 'renewable',
    readOnly: 'read-only',
    anonymized: 'anonymized',
    new: 'new',
    revoked: 'revoked',
    revoke: 'Revoke',
    revokeNamed: (name: string) => `Revoke ${name}`,
    edit: 'Edit',
    editNamed: (name: string) => `Edit ${name}`,
    rotate: 'Rotate',
    rotateNamed: (name: string) => `Rotate ${name}`,
  },

  types: {
    api: 'API',
    journey: 'Journey',
    portal: 'Portal',
    app: 'App',
    assume: 'Assume',
  } satisfies Record<TokenType, string>,

  createToken: {
    title: 'Generate new token',
    name: 'Name',
    nameHint: 'Describe what uses the token, for example “Nightly export”.',
    nameMissing: 'Enter a name for the token.',
    nameTooLong: 'The name is too long. Use at most 255 characters.',
    roles: 'Roles',
    rolesHint:
      'Roles define what the token is allowed to do. Choose only the roles that the program needs. A token never has more ' +
      'permissions than you.',
    rolesMissing: 'Choose at least one role.',
    rolesSearch: 'Search roles',
    rolesNone: 'You have no role that you can assign to a token. Ask an administrator for one.',
    rolesFailed: 'Your roles could not be loaded',
    rolesLoading: 'Loading roles …',
    inheritedDenies:
      'These roles of yours deny permissions. The token is denied them as well, even if you do not choose the role; what the role ' +
      'allows is not included.',
    allows: 'Allows:',
    denies: 'Denies:',
    onResource: (resource: string) => `on ${resource}`,
    everything: 'everything',
    allowsNothing: 'Allows no actions.',
    moreGrants: (count: number) => `and ${number.format(count)} more`,
    expiration: 'Expiration',
    oneYear: '1 year',
    days: (days: number) => (days === 1 ? '1 day' : `${days} days`),
    hours: (hours: number) => (hours === 1 ? '1 hour' : `${hours} hours`),
    until: (day: string) => `until ${day}`,
    date: 'Custom date',
    dateLabel: 'Last valid day',
    lastValidDay: (day: string) => `The token works until the end of ${day}.`,
    dateInvalid: 'The date is missing or outside the allowed range. Choose another date.',
    noExpiration: 'No expiration',
    noExpirationWarning:
      'Anyone who obtains this token can use it until it is revoked. Choose an expiration if you can, and replace the token ' +
      'before it expires.',
    readOnly: 'Read-only',
    readOnlyHint:
      'Restricts the token further: of the actions that its roles allow, it can only view, export and download. It cannot create, ' +
      'change or delete anything.',
    renewable: 'Renewable',
    renewableHint:
      'When the token rotates itself, the new token gets a new lifetime. Otherwise the new token expires when this one would have, so ' +
      'that a user has to renew it.',
    submit: 'Generate token',
    busy: 'Generating …',
    failed: 'The token was not generated',
    failedUnknown: 'It is unknown whether the token was generated',
    outcomeUnknown:
      'The token may have been created. It is safe to try again: a retry returns the same token and does not create a second one.',
    changedDraft:
      'The first token may have been created. Because you changed the form, trying again creates a second token. Find the first ' +
      'token in the list and revoke it.',
  },

  restrictions: {
    title: 'Restrict further',
    titleHint: 'Limit the token to some permissions of its roles, or to addresses. Optional, and cannot be changed later.',
    permissions: 'Permissions',
    permissionsHint:
      'Without an entry, the token has all permissions of its roles. Entries limit it to those that an entry and its roles allow. An asterisk ' +
      '(*) stands for any characters. The token can always view and revoke itself, and send read requests where the API requires no ' +
      'permission.',
    permission: (position: number) => `Permission ${position}`,
    action: 'Action',
    actionOf: (position: number) => `Action of permission ${position}`,
    actionExample: 'order:view',
    resource: 'Resource (optional)',
    resourceOf: (position: number) => `Resource (optional) of permission ${position}`,
    resourceExample: 'order/*',
    add: 'Add permission',
    remove: 'Remove',
    removePermission: (position: number) => `Remove permission ${position}`,
    actionMissing: 'Enter an action, or remove the entry.',
    actionInvalid: 'The action is invalid. Use 1 to 128 of the characters A-Z a-z 0-9 _ - . : and *.',
    tooManyGrants: (most: number) => `There are too many permissions. Use at most ${most}.`,
    grantsTooLong: (bytes: number) => `The permissions are too long. Use at most ${number.format(bytes)} bytes as JSON.`,
    addresses: 'Addresses',
    addressesHint:
      'One IP address or network per line, for example 203.0.113.7 or 2001:db8::/32. Without an entry, the token can be used from any ' +
      'address. Behind a proxy, the address is that of the proxy.',
    tooManyNetworks: (most: number) => `There are too many addresses. Use at most ${most}.`,
    networkMalformed: (text: string) =>
      `“${text}” is not an IP address or a network. Write it as 203.0.113.0/24 or 2001:db8::/32, without leading zeros.`,
    networkHostBits: (text: string, network: string) => `“${text}” has bits after its prefix. Its network is ${network}.`,
    networkShortMappedPrefix: (text: string) => `“${text}” is an IPv4-mapped network. Use a prefix of at least 96 bits, or the IPv4 network.`,
  },

  /** Parts of sentences about what a token can do. */
  summary: {
    title: 'In words',
    incomplete: 'Complete the restrictions to see what the token can do.',
    atMost: 'This token can at most ',
    everythingOfRoles: 'This token can do at most what its roles allow',
    asFarAsRolesAllow: ', as far as its roles allow it',
    from: ', from ',
    only: ' only',
    end: '.',
    endFromAnyAddress: ', from any address.',
    parentAtMost: ' Because of the token that created it, it can at most ',
    readOnly: ' Of this, it can only view, export and download.',
    everything: 'do everything',
    verbEverything: (verb: string) => `${verb} everything`,
    verbThings: (verb: string, things: string) => `${verb} ${things}`,
    anythingWith: (things: string) => `do anything with ${things}`,
    use: 'use the permission ',
    on: ' on ',
    manageTokens: 'manage all access tokens',
    revokeTokens: 'view and revoke all access tokens',
    manageOwnTokens: 'manage its own access tokens',
    includingTokens: ' (which includes managing all access tokens)',
    and: ' and ',
    comma: ', ',
  },

  createdToken: {
    title: 'Your new token',
    once: 'The token is shown only once.',
    storeIt: 'Copy it now and store it like a password. Latchkey cannot show it again.',
    token: (name: string) => `Token “${name}”`,
    copy: 'Copy token',
    tryIt: 'Try it',
    tryItHint:
      'Run this command in bash or zsh, then paste the token and press Enter. The token is neither displayed, nor part of the ' +
      'command and of the shell history.',
    copyTryIt: 'Copy command',
    roles: (roles: string) => `The token has these roles: ${roles}.`,
    alsoDeniedBy: (roles: string) => `Also denied by: ${roles}.`,
    expires: (when: string) => `It expires on ${when}.`,
    noExpiration: 'It has no expiration and works until it is revoked.',
    replaces: (id: string) =>
      `It replaces ${id}, which stops working one minute after the first use of this token, or earlier if its overlap ends. Trying it ` +
      'is a use.',
    done: 'Done, I have saved it',
    leaveTitle: 'Have you saved the token?',
    leaveText: 'Latchkey cannot show the token again. If you lose it, revoke it and generate a new one.',
    back: 'Back to the token',
    leaveAnyway: 'Leave without saving',
    saved: (name: string) => `“${name}” is ready to use.`,
  },

  texts: {
    description: 'Description (optional)',
    descriptionHint: 'For example where the token is stored, or whom to contact.',
    descriptionTooLong: 'The description is too long. Use at most 1,000 characters.',
    showDescription: 'Show the whole description',
  },

  editToken: {
    title: (name: string) => `Edit “${name}”`,
    text: 'The name and the description say what the token is for. Changing them does not affect what it can do.',
    submit: 'Save',
    busy: 'Saving …',
    failed: 'The token was not changed',
    failedUnknown: 'It is unknown whether the token was changed',
    notFound: 'The token does not exist any more, or it belongs to another user and you have no permission to change it.',
    outcomeUnknown: 'The changes may have been saved. It is safe to try again.',
    saved: (name: string) => `The changes of “${name}” are saved.`,
  },

  rotateToken: {
    title: (name: string) => `Rotate “${name}”?`,
    text: 'Generates a new token with the same name, roles and restrictions.',
    endText:
      'The old token works until the end of the overlap, or until one minute after the first use of the new token, whichever is ' +
      'earlier. Tokens that it created stop working with it.',
    again:
      'The token is already rotated, and the new token has not been used. You receive the same new token if you choose the overlap and ' +
      'the expiration of that rotation.',
    overlap: 'Overlap',
    noOverlap: 'None',
    endsAtOnce: 'the old token stops working at once',
    expiration: 'Expiration of the new token',
    unchanged: 'Same lifetime',
    unchangedNone: 'no expiration',
    submit: 'Rotate token',
    busy: 'Rotating …',
    failed: 'The token was not rotated',
    failedUnknown: 'It is unknown whether the token was rotated',
    notFound: 'The token does not exist any more, or it belongs to another user and you have no permission to rotate it.',
    outcomeUnknown:
      'The token may have been rotated. It is safe to try again: the same request returns the same new token and does not create a ' +
      'second one. Its values are therefore fixed.',
  },

  revokeToken: {
    title: (name: string) => `Revoke “${name}”?`,
    text:
      'This token stops working: the API rejects every request that is sent with it. Tokens that were created with this token stop ' +
      'working as well. You cannot undo this.',
    lastUsed: (when: string) => `The token was last used ${when}.`,
    neverUsed: 'The token has never been used.',
    owner: (who: string) => `Owner: ${who}.`,
    family: 'Also revoke all tokens of its chain of rotations',
    familyHint:
      'All tokens that it replaces and that replace it. Otherwise, tokens that it obtained by rotating itself are revoked with it, and ' +
      'a new token that a user requested keeps working.',
    submit: 'Revoke token',
    busy: 'Revoking …',
    failed: 'The token was not revoked',
    failedUnknown: 'It is unknown whether the token was revoked',
    notFound: 'The token does not exist any more, or it belongs to another user and you have no permission to revoke it.',
    outcomeUnknown: 'The token may have been revoked. It is safe to try again.',
    revoked: (name: string) => `“${name}” is revoked.`,
    successorRemains: (id: string) => `The token that replaces it was not revoked: ${id}`,
  },

  apiError: {
    connection: 'The connection to the API failed. Check your network connection.',
    timeout: 'The API did not respond in time.',
    unexpectedResponse: 'The API returned an unexpected response.',
    retryIn: (seconds: number) => `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    requestId: (id: string) => `Request ID: ${id}`,
    /** What the user can do about an error code, in addition to the API's reason. */
    hints: {
      already_rotated: 'Refresh the list to see the token that replaces it. If that token is lost, rotate it in turn, or revoke it.',
      token_inactive: 'It can neither be rotated nor changed. Generate a new token.',
      idempotency_mismatch:
        'Repeat the values of the first request to receive the same token, or revoke the token that the first request created.',
      address_not_allowed: 'The token is bound to networks. Use it from one of its addresses, or create another token.',
      addresses_exceed_parent: 'Choose addresses within those of the token that creates the token.',
    } as Partial<Record<string, string>>,
  },
};
