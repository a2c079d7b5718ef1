/** Form field for the roles of a new token. */

import { useEffect, useId, useState } from 'preact/hooks';

import { ApiError, type ApiClient } from '../api';
import type { Role } from '../api-types';
import { formatGrant } from '../format';
import { messages } from '../messages';
import { ErrorNotice } from './components';

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
  const [roles, setRoles] = useState<RoleChoice[] | ApiError>();
  const [search, setSearch] = useState('');
  const id = useId();
  const load = () => {
    setRoles(undefined);
    Promise.all([api.listRoles(true), api.listRoles(false)]).then(([assignable, own]) => {
      const choices = roleChoices(assignable, own);
      setRoles(choices);
      onChange(initialSelection(choices, selectedIds));
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
          {roles.filter(({ role }) => matchesSearch(role, search)).map((choice) => (
            <RoleOption
              key={choice.role.id}
              choice={choice}
              isSelected={selectedIds.includes(choice.role.id)}
              isInvalid={Boolean(props.error)}
              describedBy={`${id}-error`}
              onToggle={() => toggle(choice.role.id)}
            />
          ))}
        </div>
      )}
      <p id={`${id}-error`} class="error-text">
        {props.error}
      </p>
    </fieldset>
  );
}

interface RoleChoice {
  role: Role;
  /** Whether the token always gets the role, and the user cannot deselect it. */
  isMandatory: boolean;
}

/** Returns the choices for the assignable roles. A role that denies the user something is mandatory *(never wider)*. */
function roleChoices(assignable: Role[], own: Role[]): RoleChoice[] {
  const mandatoryIds = new Set(own.filter(hasDenyGrant).map((role) => role.id));
  return assignable.map((role) => ({ role, isMandatory: mandatoryIds.has(role.id) }));
}

function hasDenyGrant(role: Role): boolean {
  return role.grants.some((grant) => grant.effect === 'deny');
}

/** Returns the previous selection and the mandatory roles. A single optional role is selected by default. */
function initialSelection(choices: RoleChoice[], selectedIds: string[]): string[] {
  const optional = choices.filter((choice) => !choice.isMandatory).map(({ role }) => role.id);
  const mandatory = choices.filter((choice) => choice.isMandatory).map(({ role }) => role.id);
  // After another sign-in, the user may be a different one with other roles.
  const available = selectedIds.filter((id) => optional.includes(id));
  const selected = available.length === 0 && optional.length === 1 ? optional : available;
  return [...new Set([...selected, ...mandatory])];
}

function matchesSearch(role: Role, search: string): boolean {
  return `${role.name}\n${role.id}`.toLowerCase().includes(search.trim().toLowerCase());
}

function RoleOption(props: {
  choice: RoleChoice;
  isSelected: boolean;
  isInvalid: boolean;
  /** Id of the element with the error message. */
  describedBy: string;
  onToggle: () => void;
}) {
  const { role, isMandatory } = props.choice;
  return (
    <label class="option">
      <input
        type="checkbox"
        checked={props.isSelected}
        disabled={isMandatory}
        aria-invalid={props.isInvalid}
        aria-describedby={props.describedBy}
        onChange={props.onToggle}
      />
      <span>
        {role.name} <span class="id">{role.id}</span>
        {isMandatory && <span class="muted block">{messages.createToken.alwaysIncluded}</span>}
        <RoleGrants role={role} />
      </span>
    </label>
  );
}

function RoleGrants({ role }: { role: Role }) {
  const grantsWithEffect = (label: string, effect: 'allow' | 'deny') => {
    const grants = role.grants.filter((grant) => (grant.effect ?? 'allow') === effect);
    return (
      grants.length > 0 && (
        <span class="muted block">
          {label}{' '}
          {grants.slice(0, MAX_GRANTS_SHOWN).map((grant, index) => (
            <>
              {index > 0 && ', '}
              <code>{formatGrant(grant)}</code>
            </>
          ))}{' '}
          {grants.length > MAX_GRANTS_SHOWN && messages.createToken.moreGrants(grants.length - MAX_GRANTS_SHOWN)}
        </span>
      )
    );
  };
  const allowed = grantsWithEffect(messages.createToken.allows, 'allow');
  return (
    <>
      {allowed || <span class="muted block">{messages.createToken.allowsNothing}</span>}
      {grantsWithEffect(messages.createToken.denies, 'deny')}
    </>
  );
}
