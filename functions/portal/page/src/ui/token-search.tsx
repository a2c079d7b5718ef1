/** Search field of the token list, which identifies a pasted token. */

import { useRef, useState } from 'preact/hooks';

import { formatDateTime } from '../format';
import { messages } from '../messages';
import { MAX_SEARCH_CHARACTERS, findToken, identifyToken, type LoadKeySet, type PastedToken } from '../pasted-token';
import { SYSTEM_TOKEN_TYPES, type ListOptions } from '../token-list';

export function TokenSearch(props: {
  search: string;
  loadKeySet: LoadKeySet;
  onOptionsChange: (change: Partial<ListOptions>) => void;
}) {
  const { onOptionsChange } = props;
  const [pastedToken, setPastedToken] = useState<PastedToken | 'verifying'>();
  // Number of the current input, which supersedes the verification of an older one.
  const currentInput = useRef(0);
  const search = async (input: HTMLInputElement) => {
    const thisInput = ++currentInput.current;
    const token = findToken(input.value);
    // A pasted token is removed at once, so that it does not stay visible.
    if (token !== undefined || input.value.length > MAX_SEARCH_CHARACTERS) input.value = '';
    setPastedToken(token === undefined ? undefined : 'verifying');
    onOptionsChange({ search: input.value });
    if (token === undefined) return;
    const result = await identifyToken(token, props.loadKeySet);
    if (thisInput !== currentInput.current) return;
    setPastedToken(result);
    if (result.kind === 'valid') onOptionsChange({ search: result.id, ...(isSystemToken(result.id) && { showSystemTokens: true }) });
  };
  return (
    <>
      <label class="search">
        <span class="label">{messages.list.search}</span>
        <input
          type="search"
          value={props.search}
          placeholder={messages.list.searchHint}
          autocomplete="off"
          spellcheck={false}
          maxLength={MAX_SEARCH_CHARACTERS}
          onInput={(event) => void search(event.currentTarget)}
        />
      </label>
      <PastedTokenNotice pastedToken={pastedToken} />
    </>
  );
}

/** What is known about the pasted token. The element is always there, so that screen readers report its changes. */
function PastedTokenNotice({ pastedToken }: { pastedToken: PastedToken | 'verifying' | undefined }) {
  const isError = typeof pastedToken === 'object' && pastedToken.kind !== 'valid';
  return (
    <p class={`pasted-token ${isError ? 'error-text' : 'muted'}`} role="status">
      {pastedToken && noticeText(pastedToken)}
    </p>
  );
}

function noticeText(pastedToken: PastedToken | 'verifying'): string {
  if (pastedToken === 'verifying') return messages.list.pastedToken.verifying;
  if (pastedToken.kind !== 'valid') return messages.list.pastedToken[pastedToken.kind];
  const { expiresAt } = pastedToken;
  const isExpired = expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
  return isExpired ? messages.list.pastedToken.expired(formatDateTime(expiresAt)) : messages.list.pastedToken.valid;
}

function isSystemToken(id: string): boolean {
  return SYSTEM_TOKEN_TYPES.some((type) => id.startsWith(`${type}_`));
}
