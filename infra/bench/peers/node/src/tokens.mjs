/** A token: its id, its row in the ledger, and the claims that follow from the row. */

const { PUBLIC_URL, TOKEN_AUDIENCE, PREVIOUS_PUBLIC_URLS = '' } = process.env;
const SCHEMA_VERSION = 1;
const DAY = 24 * 60 * 60;

const ID = /^(?:api|journey|portal|assume|app)_[\w-]{21}$/;
const ORG = /^[\w-]{1,64}$/;
const ROLE = /^[\w-]{1,64}:[\w.-]{1,64}$/;

export const isTokenId = (text) => typeof text === 'string' && ID.test(text);
export const isOrg = (text) => typeof text === 'string' && ORG.test(text);
export const isRole = (text) => typeof text === 'string' && ROLE.test(text);
export const isTime = (value) => Number.isInteger(value) && value >= 0;

export const typeOf = (id) => id.slice(0, id.indexOf('_'));
export const familyOf = (type) => (type === 'journey' || type === 'portal' ? 'public' : 'access');
export const now = () => Math.floor(Date.now() / 1000);

const issuersBelow = (base) => ({ access: `${base}/v1/access-tokens`, public: `${base}/v1/access-tokens/public` });

/** Under which name each family is issued. */
export const issuers = issuersBelow(PUBLIC_URL);

const formers = PREVIOUS_PUBLIC_URLS.split(',')
  .map((base) => base.trim())
  .filter(Boolean);
const pairs = (family) => [
  { issuer: issuers[family], audience: TOKEN_AUDIENCE },
  // Where no audience was named it was the base URL of that time.
  ...formers.flatMap((base) =>
    [TOKEN_AUDIENCE, base].map((audience) => ({ issuer: issuersBelow(base)[family], audience })),
  ),
];

/** Under which names, and for whom, each family is and was issued. */
export const accepted = { access: pairs('access'), public: pairs('public') };

/** The claims of the token with this row (RFC 9068, section 2.2); members without a value are not written. */
export function claimsOf(row, issuer, audience = TOKEN_AUDIENCE) {
  const { id } = row;
  const claims = {
    iss: issuer,
    sub: id,
    aud: audience,
    jti: id,
    client_id: id,
    iat: row.created_at,
    exp: row.expires_at,
  };
  Object.assign(claims, {
    token_use: 'access',
    token_id: id,
    token_name: row.name,
    token_type: typeOf(id),
    org_id: row.org,
  });
  Object.assign(claims, { user_id: id, assume_roles: row.roles, parent: row.parent });
  Object.assign(claims, { read_only: row.read_only, anonymize: row.anonymize });
  return whole({ ...claims, journey_id: row.journey_id, portal_id: row.portal_id });
}

/** The object without the members that have no value. */
export const whole = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** Whether the row is one that this code understands; damage is never a living token. */
export function isSound(row) {
  const known = Number.isInteger(row.v) && row.v <= SCHEMA_VERSION && isTokenId(row.id) && isOrg(row.org);
  if (!known || row.pk !== `TOKEN#${row.id.slice(-21)}` || typeof row.name !== 'string' || !isTime(row.created_at))
    return false;
  const owned = Array.isArray(row.roles) && row.roles.every((role) => isRole(role) && role.split(':')[0] === row.org);
  const times = [row.expires_at, row.revoked_at].every((time) => time === undefined || isTime(time));
  const revocation = (row.revoked_at === undefined) === (row.revoked_by === undefined);
  const parent = row.parent === undefined || isTokenId(row.parent);
  return owned && times && revocation && parent && isOfItsType(row);
}

function isOfItsType({ id, roles, read_only, anonymize, journey_id, portal_id }) {
  const type = typeOf(id);
  const carriesNone = roles.length === 0 && !read_only && !anonymize;
  if (type === 'journey') return carriesNone && typeof journey_id === 'string' && portal_id === undefined;
  if (type === 'portal') return carriesNone && typeof portal_id === 'string' && journey_id === undefined;
  return journey_id === undefined && portal_id === undefined;
}

/** Whether the token may be used at `time`, as far as it alone goes. */
export const isAlive = (row, time) =>
  row.revoked_at === undefined && (row.expires_at === undefined || time < row.expires_at);

/** The row with what the ledger needs beside the token: its keys, its place in the index, and when it may be deleted. */
export function rowOf(token) {
  const listed = ['api', 'journey', 'portal'].includes(typeOf(token.id));
  return whole({
    pk: `TOKEN#${token.id.slice(-21)}`,
    sk: 'TOKEN',
    v: SCHEMA_VERSION,
    ...token,
    by_org: `${token.org}#${listed ? 'listed' : 'system'}`,
    by_org_at: `${String(token.created_at).padStart(12, '0')}#${token.id}`,
    ttl: token.expires_at === undefined ? undefined : token.expires_at + DAY,
  });
}
