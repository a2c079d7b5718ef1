/** What a caller asks for: the body's members, each within its rule. */

import { headers } from './caller.mjs';
import { lifetimeOf } from './lifetime.mjs';
import { Problem, invalid } from './problem.mjs';
import { familyOf, isRole } from './tokens.mjs';

const TYPES = ['api', 'journey', 'portal', 'assume', 'app'];
const NOT_OFFERED = ['portal_preview', 'contact_identification'];
const COMMON = ['name', 'token_type', 'expires_in'];
const ACCESS = ['assignments', 'assume_roles', 'read_only', 'anonymize'];
const LARGEST = 16 * 1024;
const MOST_ASKED = 50;

/** The order that the event's body makes. */
export function readOrder(event) {
  const members = readMembers(event);
  const type = typeOf(members);
  const target = type === 'journey' ? 'journey_id' : 'portal_id';
  const own = familyOf(type) === 'access' ? ACCESS : [target];
  const unknown = Object.keys(members).find((member) => !COMMON.includes(member) && !own.includes(member));
  if (unknown !== undefined) {
    throw invalid(`\`${excerpt(unknown)}\` is not a member of a request for a token of type ${type}`);
  }
  const order = { type, name: nameOf(members), asked: [], readOnly: false, anonymize: false };
  if (familyOf(type) === 'public') order[target] = targetOf(members, target, type);
  else
    Object.assign(order, {
      readOnly: flag(members, 'read_only'),
      anonymize: flag(members, 'anonymize'),
      asked: askedOf(members),
    });
  return { ...order, lifetime: lifetimeOf(members, type) };
}

function readMembers(event) {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length > LARGEST) throw new Problem(413, 'too_large', 'the body must not exceed 16 KiB');
  const [type = 'application/json'] = headers(event, 'content-type');
  if (type.split(';')[0].trim().toLowerCase() !== 'application/json') {
    throw new Problem(415, 'unsupported_media_type', 'the `Content-Type` of the body must be `application/json`');
  }
  const text = body.toString();
  if (text.includes('\ufffd')) throw invalid('the body is not UTF-8');
  if (text.trim() === '') throw invalid('the body is empty and must be a JSON object');
  return distinct(parse(text), text);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('the body is not JSON');
  }
}

/** The members, each there once: of two with one name readers would disagree on which counts. No member is an object itself. */
function distinct(members, text) {
  if (typeof members !== 'object' || members === null || Array.isArray(members))
    throw invalid('the body must be a JSON object');
  const names = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon);
  if (names.length !== Object.keys(members).length) throw invalid('a member is there twice, or holds an object');
  return members;
}

const excerpt = (text) => [...text.replace(/\p{Cc}/gu, '')].slice(0, 64).join('');
const isText = (value) => typeof value === 'string' && value.isWellFormed();
const fits = (text) => [...text].length <= 255 && !/\p{Cc}/u.test(text);

function typeOf({ token_type: type, ...members }) {
  if (type === undefined) return 'journey_id' in members ? 'journey' : 'portal_id' in members ? 'portal' : 'api';
  if (NOT_OFFERED.includes(type)) throw invalid(`\`token_type\`: tokens of type \`${type}\` are not offered`);
  if (!TYPES.includes(type)) throw invalid('`token_type` must be one of api, journey, portal, assume, app');
  return type;
}

function nameOf({ name }) {
  if (name === undefined) throw invalid('`name` is required');
  if (!isText(name)) throw invalid('`name` must be a string');
  const trimmed = name.trim();
  if (trimmed === '') throw invalid('`name` must not be blank');
  const length = [...trimmed].length;
  if (length > 255) throw invalid(`\`name\` must not exceed 255 characters and has ${length}`);
  if (!fits(trimmed)) throw invalid('`name` must not contain control characters');
  return trimmed;
}

function targetOf(members, member, type) {
  const id = members[member];
  if (id === undefined) throw invalid(`\`${member}\` is required for tokens of type ${type}`);
  if (!isText(id) || id === '' || !fits(id)) {
    throw invalid(`\`${member}\`: an id must have 1 to 255 characters and no control characters`);
  }
  return id;
}

function flag(members, member) {
  const { [member]: value = false } = members;
  if (typeof value !== 'boolean') throw invalid(`\`${member}\` must be true or false`);
  return value;
}

/** `assignments`, or `assume_roles`, the older documents' name for it. */
function askedOf(members) {
  const [asked, older] = [rolesOf(members, 'assignments'), rolesOf(members, 'assume_roles')];
  if (asked && older && asked.join() !== older.join()) {
    throw invalid('`assignments` and `assume_roles` are two names of one member and must be equal');
  }
  return asked ?? older ?? [];
}

function rolesOf(members, member) {
  const list = members[member];
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw invalid(`\`${member}\` must be an array of role ids`);
  if (list.length > MOST_ASKED)
    throw invalid(`\`${member}\` must not contain more than ${MOST_ASKED} roles and contains ${list.length}`);
  if (!list.every((role) => typeof role === 'string')) throw invalid(`\`${member}\` must be an array of role ids`);
  const broken = list.find((role) => !isRole(role));
  if (broken !== undefined) throw invalid(`\`${member}\`: \`${excerpt(broken)}\` is not a role id`);
  return [...new Set(list)];
}
