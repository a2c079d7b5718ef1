/** Form field for the roles of a new token. */

import { useEffect, useId, useState } from 'preact/hooks';

import { ApiError, type ApiClient } from '../api';
import type { Grant, Role } from '../api-types';
import { formatGrant } from '../format';
import { messages } from '../messages';
import { ErrorNotice, Isolated, Notations } from './components';

/** A search field is shown above this number of roles. */
const MAX_ROLES_WITHOUT_SEARCH = 8;

/** Further grants of a role are counted only. */
const MAX_GRANTS_SHOWN = 6;

export function RolesField(props: {
  api: ApiClient;
  selectedIds: string[];
  error: string | undefined;
  onChange: (selectedIds: string[]) => void;
}) {
  const { api, selectedIds, onChange } = props;
  const [roles, setRoles] = useState<Role[] | ApiError>();
  const [denyRoles, setDenyRoles] = useState<Role[]>([]);
  const [search, setSearch] = useState('');
  const id = useId();
  const load = () => {
    setRoles(undefined);
    Promise.all([api.listRoles(true), api.listRoles(false)]).then(([assignable, own]) => {
      setRoles(assignable);
      setDenyRoles(own.filter(hasDenyGrant));
      onChange(initialSelection(assignable, selectedIds));
    }, setRoles);
  };
  useEffect(load, []);
  const toggle = (role: string) =>
    onChange(selectedIds.includes(role) ? selectedIds.filter((selected) => selected !== role) : [...selectedIds, role]);
  return (
    <fieldset class="field" aria-describedby={`${id}-hint`}>
      <legend class="label">{messages.createToken.roles}</legend>
      <p id={`${id}-hint`} class="muted">
        {messages.createToken.rolesHint}
      </p>
      {roles === undefined && <p role="status">{messages.createToken.rolesLoading}</p>}
      {roles instanceof ApiError && <ErrorNotice title={messages.createToken.rolesFailed} error={roles} onRetry={load} />}
      {Array.isArray(roles) && roles.length === 0 && <p>{messages.createToken.rolesNone}</p>}
      {Array.isArray(roles) && roles.length > MAX_ROLES_WITHOUT_SEARCH && (
        <input
          type="search"
          aria-label={messages.createToken.rolesSearch}
          placeholder={messages.createToken.rolesSearch}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {Array.isArray(roles) && (
        <div class="options roles">
          {roles.filter((role) => matchesSearch(role, search)).map((role) => (
            <RoleOption
              key={role.id}
              role={role}
              isSelected={selectedIds.includes(role.id)}
              isInvalid={Boolean(props.error)}
              describedBy={`${id}-error`}
              onToggle={() => toggle(role.id)}
            />
          ))}
        </div>
      )}
      <p id={`${id}-error`} class="error-text">
        {props.error}
      </p>
      <InheritedDenies roles={denyRoles.filter((role) => !selectedIds.includes(role.id))} />
    </fieldset>
  );
}

/** The user's roles that deny the token something although they are not chosen *(never wider)*. */
function InheritedDenies({ roles }: { roles: Role[] }) {
  if (roles.length === 0) return null;
  return (
    <div class="inherited-denies">
      <p class="muted">{messages.createToken.inheritedDenies}</p>
      {roles.map((role) => (
        <p key={role.id}>
          {messages.list.alsoDeniedBy} <Isolated text={role.name} /> <RoleId id={role.id} />
          <Grants label={messages.createToken.denies} grants={role.grants.filter((grant) => grant.effect === 'deny')} />
        </p>
      ))}
    </div>
  );
}

function RoleId({ id }: { id: string }) {
  return (
    <span class="id">
      <Isolated text={id} />
    </span>
  );
}

function hasDenyGrant(role: Role): boolean {
  return role.grants.some((grant) => grant.effect === 'deny');
}

/** Returns the previous selection. A single role is selected by default. */
function initialSelection(assignable: Role[], selectedIds: string[]): string[] {
  const ids = assignable.map((role) => role.id);
  // After another sign-in, the user may be a different one with other roles.
  const available = selectedIds.filter((id) => ids.includes(id));
  return available.length === 0 && ids.length === 1 ? ids : available;
}

function matchesSearch(role: Role, search: string): boolean {
  return `${role.name}\n${role.id}`.toLowerCase().includes(search.trim().toLowerCase());
}

function RoleOption(props: {
  role: Role;
  isSelected: boolean;
  isInvalid: boolean;
  /** Id of the element with the error message. */
  describedBy: string;
  onToggle: () => void;
}) {
  const { role } = props;
  return (
    <label class="option">
      <input
        type="checkbox"
        checked={props.isSelected}
        aria-invalid={props.isInvalid}
        aria-describedby={props.describedBy}
        onChange={props.onToggle}
      />
      <span>
        <Isolated text={role.name} /> <RoleId id={role.id} />
        <RoleGrants role={role} />
      </span>
    </label>
  );
}

function RoleGrants({ role }: { role: Role }) {
  const grantsWithEffect = (effect: 'allow' | 'deny') => role.grants.filter((grant) => (grant.effect ?? 'allow') === effect);
  const allowed = grantsWithEffect('allow');
  return (
    <>
      {allowed.length > 0 ? (
        <Grants label={messages.createToken.allows} grants={allowed} />
      ) : (
        <span class="muted block">{messages.createToken.allowsNothing}</span>
      )}
      <Grants label={messages.createToken.denies} grants={grantsWithEffect('deny')} />
    </>
  );
}

function Grants({ label, grants }: { label: string; grants: Grant[] }) {
  if (grants.length === 0) return null;
  return (
    <span class="muted block">
      {label}{' '}
      <Notations texts={grants.slice(0, MAX_GRANTS_SHOWN).map(formatGrant)} />{' '}
      {grants.length > MAX_GRANTS_SHOWN && messages.createToken.moreGrants(grants.length - MAX_GRANTS_SHOWN)}
    </span>
  );
}
