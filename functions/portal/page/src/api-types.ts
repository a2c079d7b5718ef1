/** The JSON bodies of the API that this page reads and sends; `infra/openapi.yaml` defines them. */

export type TokenType = 'api' | 'journey' | 'portal' | 'app' | 'assume';

/** Metadata of a token, as the API lists it. Times are RFC 3339 in UTC; `last_used` is a date. */
export interface TokenItem {
  id: string;
  created_at: string;
  name: string;
  description?: string | undefined;
  token_type: TokenType;
  assignments?: string[];
  /** Roles of the creator of which only the `deny` grants apply to the token. */
  inherited_denies?: string[];
  expires_at?: string;
  last_used?: string;
  read_only?: boolean;
  anonymize?: boolean;
  /** The grants to which the token is limited, in addition to its roles. */
  grants?: Grant[];
  /** The grants of the parent, which limit the token in addition to its own. */
  parent_grants?: Grant[];
  /** The networks from which the token may be used, in canonical form. */
  allowed_cidrs?: string[];
  created_by?: string;
  /** The user who owns the token: its creator, or the owner of the token that created it. */
  owner?: string;
  parent?: string;
  /** Whether a rotation by the token itself starts its lifetime anew. */
  renewable?: boolean;
  /** The token that this token succeeds, and the principal that rotated it. */
  rotated_from?: string;
  rotated_by?: string;
  /** The first use of a token that succeeds another. */
  first_used_at?: string;
  /** The token that succeeds this token. */
  successor?: string;
  rotated_at?: string;
  /** When a rotated token ends at the latest. It ends earlier after the first use of its successor. */
  ends_at?: string;
  revoked_at?: string;
}

/** The response that revokes a token. */
export interface RevokedToken extends TokenItem {
  /** Ids of the tokens of the same chain of rotations that are revoked with it. */
  also_revoked?: string[];
}

/** The response that creates or rotates a token, the only one that contains the token itself. */
export interface CreatedToken extends TokenItem {
  token: string;
}

export interface CreateTokenRequest {
  name: string;
  description?: string;
  /** Role ids. */
  assignments: string[];
  /** Lifetime in seconds, or a duration such as `30d`. Without it the token does not expire. */
  expires_in?: string | number;
  read_only?: boolean;
  renewable?: boolean;
  /** Limits the token to these grants, in addition to its roles. */
  grants?: Grant[];
  /** Binds the token to these networks. */
  allowed_cidrs?: string[];
}

/** The members to change. */
export interface UpdateTokenRequest {
  name?: string;
  /** `null` removes it. */
  description?: string | null;
}

export interface RotateTokenRequest {
  /** How long the rotated token remains valid, in seconds. */
  overlap: number;
  /** Lifetime of the successor in seconds. Without it, it is as long as that of the rotated token. */
  expires_in?: number;
}

export interface Grant {
  action: string;
  resource?: string;
  /** Default: `allow`. */
  effect?: 'allow' | 'deny';
}

export interface Role {
  id: string;
  name: string;
  organization_id: string;
  grants: Grant[];
}

/** Whether the caller is allowed an action. */
export interface Decision {
  allowed: boolean;
  code: string;
  reason: string;
}
