/** The form for a new token. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import type { ApiClient, ApiError } from '../api';
import type { CreatedToken } from '../api-types';
import { attempt, wrongs, type Attempt, type Draft, type Wrongs } from '../create-request';
import { words } from '../messages';
import { ExpiryField } from './expiration-field';
import { Dialog, Trouble, unless } from './components';
import { RolesField } from './roles-field';

export function Generate(props: {
  api: ApiClient;
  ceiling: number | null;
  draft: Draft;
  last: Attempt | undefined;
  /** Both are kept for whoever leaves the page to sign in and comes back. */
  onDraft: (change: Partial<Draft>) => void;
  onAttempt: (attempt: Attempt) => void;
  onCreated: (item: CreatedToken) => void;
  onLeave: () => void;
}) {
  const { api, ceiling, draft, last, onDraft } = props;
  const [tries, setTries] = useState(0);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const form = useRef<HTMLFormElement>(null);
  const nameId = useId();
  // Nothing is called wrong before somebody has tried, and nothing for longer than it is.
  const wrong: Wrongs = tries > 0 ? wrongs(draft, ceiling, Date.now()) : {};
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [tries]);

  const submit = async (event: Event) => {
    event.preventDefault();
    setTries(tries + 1);
    setFailure(undefined);
    if (busy || Object.keys(wrongs(draft, ceiling, Date.now())).length > 0) return;
    const next = attempt(draft, last, Date.now());
    props.onAttempt(next);
    setBusy(true);
    try {
      props.onCreated(await api.createToken(next.order, next.key));
    } catch (error) {
      setFailure(error as ApiError);
      setBusy(false);
    }
  };
  const same = JSON.stringify(last?.draft) === JSON.stringify(draft);
  const hint = same ? words.generate.unknown : words.generate.another;
  const unknown = failure?.code === 'connection' ? `${failure.message} ${hint}` : undefined;
  return (
    <Dialog title={words.generate.title} wide onLeave={busy ? () => {} : props.onLeave}>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        <div class="field">
          <label class="label" for={nameId}>
            {words.generate.name}
          </label>
          <input
            id={nameId}
            value={draft.name}
            onInput={(event) => onDraft({ name: event.currentTarget.value })}
            aria-invalid={Boolean(wrong.name)}
            aria-describedby={`${nameId}-hint ${nameId}-wrong`}
            autocomplete="off"
            autofocus
          />
          <p id={`${nameId}-hint`} class="faint">
            {words.generate.nameHint}
          </p>
          <p id={`${nameId}-wrong`} class="wrong">
            {wrong.name}
          </p>
        </div>
        <RolesField
          api={api}
          chosen={draft.roles}
          wrong={wrong.roles}
          onChange={(roles) => onDraft({ roles })}
        />
        <ExpiryField ceiling={ceiling} expiry={draft.expiry} wrong={wrong.date} onChange={(expiry) => onDraft({ expiry })} />
        <label class="option">
          <input type="checkbox" checked={draft.readOnly} onChange={(event) => onDraft({ readOnly: event.currentTarget.checked })} />
          <span>
            {words.generate.readOnly}
            <span class="faint block">{words.generate.readOnlyHint}</span>
          </span>
        </label>
        {failure && <Trouble title={words.generate.failed} failure={failure} {...(unknown && { text: unknown })} />}
        <div class="choices">
          <button type="button" {...unless(busy, props.onLeave)}>
            {words.cancel}
          </button>
          <button type="submit" class="primary" aria-disabled={busy}>
            {busy ? words.generate.busy : failure ? words.tryAgain : words.generate.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
