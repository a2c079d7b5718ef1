/**
 * Says in words what a token is allowed at most. The words may name more than the token is allowed, because its roles limit it as
 * well, and never less.
 */

import type { Grant } from './api-types';
import { messages } from './messages';
import { formatNetwork } from './network';

/** A part of a sentence: words of the page, or notation that an administrator or user defined. */
export type SummaryPart = { words: string } | { notation: string };

/** The restrictions of a token, in the API's form. */
export interface TokenRestrictions {
  grants?: Grant[] | undefined;
  parent_grants?: Grant[] | undefined;
  read_only?: boolean | undefined;
  allowed_cidrs?: string[] | undefined;
}

const { summary } = messages;

/** Returns the sentences about a token with these restrictions. */
export function summarizeToken(token: TokenRestrictions): SummaryPart[] {
  const { grants = [], parent_grants: parentGrants = [], allowed_cidrs: networks = [] } = token;
  const isLimited = grants.length > 0 && !grants.some(isUnlimited);
  const parts = isLimited
    ? [words(summary.atMost), ...list(grants.map(grantParts)), words(summary.asFarAsRolesAllow)]
    : [words(summary.everythingOfRoles)];
  if (networks.length > 0) parts.push(words(summary.from), ...list(networks.map(networkParts)), words(summary.only));
  parts.push(words(networks.length > 0 ? summary.end : summary.endFromAnyAddress));
  if (parentGrants.length > 0) parts.push(words(summary.parentAtMost), ...list(parentGrants.map(grantParts)), words(summary.end));
  if (token.read_only) parts.push(words(summary.readOnly));
  return parts;
}

/** Returns the parts as one text, with notation in backticks. */
export function summaryText(parts: SummaryPart[]): string {
  return parts.map((part) => ('words' in part ? part.words : `\`${part.notation}\``)).join('');
}

/** The permission that implies all others on tokens. */
const MANAGE_TOKENS = 'token:create';

const TOKEN_ACTIONS: Record<string, string> = {
  [MANAGE_TOKENS]: summary.manageTokens,
  'token:*': summary.manageTokens,
  'token:revoke': summary.revokeTokens,
  'token:self': summary.manageOwnTokens,
};

/** The last parts of actions that can be a verb in a sentence. */
const VERBS = new Set([
  'approve', 'archive', 'cancel', 'create', 'delete', 'download', 'edit', 'export', 'import', 'list', 'manage', 'publish', 'read',
  'send', 'update', 'upload', 'view', 'write',
]);

function grantParts(grant: Grant): SummaryPart[] {
  const parts = actionParts(grant.action);
  // A pattern such as `*:create` also allows to manage tokens.
  const isPattern = !isEverything(grant.action) && !Object.hasOwn(TOKEN_ACTIONS, grant.action);
  if (isPattern && patternMatches(grant.action, MANAGE_TOKENS)) parts.push(words(summary.includingTokens));
  if (isEveryResource(grant.resource)) return parts;
  return [...parts, words(summary.on), { notation: grant.resource ?? '' }];
}

function actionParts(action: string): SummaryPart[] {
  if (isEverything(action)) return [words(summary.everything)];
  const tokenAction = Object.hasOwn(TOKEN_ACTIONS, action) ? TOKEN_ACTIONS[action] : undefined;
  if (tokenAction !== undefined) return [words(tokenAction)];
  const [noun = '', verb = '', ...rest] = action.split(':');
  const isSimple = rest.length === 0 && (VERBS.has(verb) || verb === '*');
  if (isSimple && noun === '*' && verb !== '*') return [words(summary.verbEverything(verb))];
  if (isSimple && /^[a-z]+([_-][a-z]+)*$/.test(noun)) {
    const things = plural(noun.replaceAll(/[_-]/g, ' '));
    return [words(verb === '*' ? summary.anythingWith(things) : summary.verbThings(verb, things))];
  }
  return [words(summary.use), { notation: action }];
}

/** Returns the plural of a noun if a rule forms it, and otherwise the noun. */
function plural(noun: string): string {
  if (/(s|x|z|ing|data|media|ware)$/.test(noun)) return noun;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

function networkParts(network: string): SummaryPart[] {
  return [{ notation: formatNetwork(network) }];
}

/** Whether the grant allows everything, so that the roles alone limit the token. */
function isUnlimited(grant: Grant): boolean {
  return isEverything(grant.action) && isEveryResource(grant.resource);
}

function isEveryResource(resource: string | undefined): boolean {
  return resource === undefined || isEverything(resource);
}

function isEverything(pattern: string): boolean {
  return /^\*+$/.test(pattern);
}

/** Whether a pattern, in which `*` stands for any characters, matches the whole text. */
function patternMatches(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let position = first.length;
  for (const part of others) {
    const found = text.indexOf(part, position);
    if (found < 0 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}

function words(text: string): SummaryPart {
  return { words: text };
}

/** Joins the items as “a, b and c”. */
function list(items: SummaryPart[][]): SummaryPart[] {
  return items.flatMap((item, index) => {
    if (index === 0) return item;
    return [words(index === items.length - 1 ? summary.and : summary.comma), ...item];
  });
}
