/** One line for each case, and none with a token in it. */

const MOST = 300;

/**
 * Runs a case and says how it went. What it gives is said as well.
 *
 * @param {string} name the rule that is shown
 * @param {() => Promise<string | void>} body the case, which fails by throwing
 */
export async function it(name, body) {
  try {
    const told = await body();
    say('ok     ', told ? `${name}: ${told}` : name);
  } catch (error) {
    process.exitCode = 1;
    say('FAILED ', `${name}: ${error.message}`);
  }
}

function say(verdict, sentence) {
  console.log(verdict, sentence.replaceAll(/eyJ[\w.-]+/g, '(a token)').replaceAll(/\s+/g, ' ').slice(0, MOST));
}
