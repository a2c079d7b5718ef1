/** The tokens before and after a token in its chain of rotations. */

import type { TokenItem } from '../api-types';
import { messages } from '../messages';
import { Isolated } from './components';

export function RotationLinks(props: {
  item: TokenItem;
  /** Shows the tokens with this id. Without it, the ids are text. */
  onShow?: (id: string) => void;
}) {
  const { item, onShow } = props;
  const link = (label: string, id: string | undefined) =>
    id !== undefined && (
      <div class="restriction">
        <span class="muted">{label}</span>{' '}
        {onShow ? (
          <button type="button" class="show-token" title={messages.list.showToken(id)} onClick={() => onShow(id)}>
            <Isolated text={id} />
          </button>
        ) : (
          <code>
            <Isolated text={id} />
          </code>
        )}
      </div>
    );
  return (
    <>
      {link(messages.list.replacedBy, item.successor)}
      {link(messages.list.replaces, item.rotated_from)}
    </>
  );
}
