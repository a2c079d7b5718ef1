/** The description of a token. A long one is shown in full on request. */

import { messages } from '../messages';
import { Isolated } from './components';

const MAX_CHARACTERS_SHOWN = 120;

export function TokenDescription({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  const characters = [...text];
  if (characters.length <= MAX_CHARACTERS_SHOWN) {
    return (
      <div class="token-description">
        <Isolated text={text} />
      </div>
    );
  }
  return (
    <details class="token-description">
      <summary title={messages.texts.showDescription}>
        <span class="excerpt">
          <Isolated text={`${characters.slice(0, MAX_CHARACTERS_SHOWN).join('')} …`} />
        </span>
      </summary>
      <Isolated text={text} />
    </details>
  );
}
