/** The restrictions of an existing token in addition to its roles: grants, those of its parent, and networks. */

import type { TokenItem } from '../api-types';
import { formatGrant } from '../format';
import { messages } from '../messages';
import { formatNetwork } from '../network';
import { Notations } from './components';

/** Further entries are shown on request, and so are those that exceed this number of characters in total. */
const MAX_ENTRIES_SHOWN = 3;
const MAX_CHARACTERS_SHOWN = 120;

export function TokenRestrictions({ item }: { item: TokenItem }) {
  return (
    <>
      <Restriction label={messages.list.limitedTo} entries={item.grants?.map(formatGrant) ?? []} />
      <Restriction label={messages.list.limitedByParentTo} entries={item.parent_grants?.map(formatGrant) ?? []} />
      <Restriction label={messages.list.onlyFrom} entries={item.allowed_cidrs?.map(formatNetwork) ?? []} />
    </>
  );
}

function Restriction({ label, entries }: { label: string; entries: string[] }) {
  if (entries.length === 0) return null;
  const isShown = (_: string, index: number) =>
    index < MAX_ENTRIES_SHOWN && entries.slice(0, index + 1).join('').length <= MAX_CHARACTERS_SHOWN;
  const shown = entries.filter(isShown);
  const further = entries.slice(shown.length);
  return (
    <div class="restriction">
      <span class="muted">{label}</span> <Notations texts={shown} />
      {further.length > 0 && (
        <details>
          <summary>{shown.length > 0 ? messages.list.moreEntries(further.length) : messages.list.longEntries(further.length)}</summary>
          <Notations texts={further} />
        </details>
      )}
    </div>
  );
}
