/** Sentences about what a token can do at most. */

import { summarizeToken, type TokenRestrictions } from '../permission-summary';
import { Isolated } from './components';

export function TokenSummary({ token }: { token: TokenRestrictions }) {
  return (
    <>
      {summarizeToken(token).map((part) =>
        'words' in part ? (
          part.words
        ) : (
          <code>
            <Isolated text={part.notation} />
          </code>
        ),
      )}
    </>
  );
}
