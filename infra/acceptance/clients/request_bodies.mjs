/** Request bodies and query parameters that the clients send. */

/** One body per supported token type. Together they contain every form of `expires_in`. */
export const BODIES = {
  api: { name: 'Postman Access Token', token_type: 'api', assignments: ['123:owner'], expires_in: '10h' },
  journey: { name: 'Journey Access Token', token_type: 'journey', journey_id: 'u29g7-97gajsaog', expires_in: 3600 },
  portal: { name: 'Portal Access Token', token_type: 'portal', portal_id: 'END_CUSTOMER_PORTAL', expires_in: '7d' },
  assume: { name: 'Assume Token', token_type: 'assume', assignments: ['123:viewer'] },
  app: { name: 'App Access Token', token_type: 'app', assignments: ['123:auditor'], expires_in: '2 days' },
};

/** The types that a list without a filter contains. */
export const LISTED_TYPES = ['api', 'journey', 'portal'];

/** Types of the SDK that Latchkey does not support. */
export const UNSUPPORTED_BODIES = {
  portal_preview: { name: 'Preview', token_type: 'portal_preview', portal_id: 'P', portal_user_id: 'U' },
  contact_identification: {
    name: 'Contact',
    token_type: 'contact_identification',
    portal_id: 'P',
    contact_id: 'C',
    surface_id: 'S',
    allowed_operations: ['getContact'],
    expires_in: 300,
  },
};

/** The members that only the SDK's contract has. */
export const RESTRICTED_BODY = { name: 'Narrow', token_type: 'api', read_only: true, anonymize: true, expires_in: '1 year' };

/** The body of the older contract. */
export const ASSUME_ROLES_BODY = { name: 'Older', token_type: 'api', assume_roles: ['123:token_admin'] };

/**
 * How clients write a filter by `api` and `app`, as a value and options for axios: axios since 1.0 and before, the default of
 * OpenAPI, and a list that the caller has joined.
 */
export const FILTER_FORMATS = {
  'token_type%5B%5D=': [['api', 'app'], {}],
  'token_type[]=': [['api', 'app'], { paramsSerializer: { encode: (text) => text } }],
  'repeated token_type=': [['api', 'app'], { paramsSerializer: { indexes: null } }],
  'token_type= with a comma': ['api,app', {}],
};
