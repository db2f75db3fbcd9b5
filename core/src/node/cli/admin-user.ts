import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isAdministratorName, writeAdministrator } from '../../config/administrator.js';
import { makeAdministrator } from '../administrators.js';
import { exitCodes } from '../start-error.js';
import { CommandLineError, type World } from './world.js';

const GENERATED_BYTES = 18;
const SHORTEST = 12;

/**
 * Makes the line of an administrator for `zoo.cfg`. The line goes to standard output, the password
 * that it invents to standard error, so that neither is kept where the other is.
 */
export async function adminUserCommand(words: readonly string[], world: World): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { stdin: { type: 'boolean', default: false } },
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new CommandLineError('Name one administrator.');
  if (!isAdministratorName(name)) {
    throw new CommandLineError(
      `An administrator cannot be called ${JSON.stringify(name)}: up to 64 letters, digits and ` +
        '._@-, beginning with a letter or digit.',
    );
  }
  const password = values.stdin ? await firstLine(world) : invented();
  if (!values.stdin) world.stderr.write(`password of ${name}: ${password}\n`);
  const line = writeAdministrator(await makeAdministrator(name, password));
  world.stdout.write(`vivarium.administrators=${line}\n`);
  return exitCodes.ok;
}

async function firstLine(world: World): Promise<string> {
  for await (const line of world.lines()) {
    if ([...line].length >= SHORTEST) return line;
    throw new CommandLineError(`A password has at least ${SHORTEST} characters.`);
  }
  throw new CommandLineError('There is no password on standard input.');
}

function invented(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}
