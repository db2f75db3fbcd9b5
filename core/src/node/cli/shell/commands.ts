import { nearest } from '../../../config/spelling.js';
import { aclCommands } from './acl.js';
import type { ShellCommand, ShellCommands } from './command.js';
import { ensembleCommands } from './ensemble.js';
import { ShellFailure } from './failure.js';
import { nodeCommands } from './nodes.js';
import { ownCommands } from './own.js';
import { quotaCommands } from './quota.js';
import { recipeCommands } from './recipes.js';
import { topCommands } from './top.js';
import { treeCommands } from './trees.js';
import { watchCommands } from './watches.js';

/** Every command of the shell, in the order of the help. Each family has a file of its own. */
export const shellCommands: ShellCommands = {
  ...nodeCommands,
  ...aclCommands,
  ...quotaCommands,
  ...watchCommands,
  ...treeCommands,
  ...recipeCommands,
  ...ensembleCommands,
  ...topCommands,
  ...ownCommands,
};

/** The row of a command. @throws ShellFailure with what was probably meant */
export function findShellCommand(name: string): ShellCommand {
  if (Object.hasOwn(shellCommands, name)) return shellCommands[name]!;
  const like = nearest(name, Object.keys(shellCommands));
  const hint = like === undefined ? 'help lists the commands' : `did you mean ${like}?`;
  throw new ShellFailure(`Command not found: ${name}; ${hint}`, 'unknownCommand');
}
