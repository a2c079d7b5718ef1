/** The shell command with which a user tries a new token. */

/**
 * Returns a command that reads a token from standard input. The token is never an argument, which other users of the machine could
 * read, and not part of the command, which the shell history would keep. `base` is the base URL of the API.
 */
export function tryItCommand(base: string): string {
  // Terminals limit a line to 1,024 characters on macOS and to 4,096 on Linux unless `-icanon` is set; a token can be longer.
  const readToken = 'stty -icanon 2>/dev/null; IFS= read -rs LATCHKEY_TOKEN; stty icanon 2>/dev/null';
  // `printf` is a builtin, so it has no arguments that are visible to other processes, and curl reads the header from its input.
  const send = `printf 'Authorization: Bearer %s' "$LATCHKEY_TOKEN" | curl -sS -H @- '${base}/v1/access-tokens/self'`;
  return `(${readToken}; ${send})`;
}
