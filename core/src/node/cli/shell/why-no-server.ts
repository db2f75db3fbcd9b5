import type { ZkError } from '../../../client/errors.js';
import { askWord } from '../ask-word.js';
import { serversOf } from './word-servers.js';

const ASK_LIMIT_MS = 1_000;

/**
 * Finds out why no session could be had: nobody is there, or servers are and have no quorum. One
 * line, with what to do.
 */
export async function whyNoServer(
  connectString: string,
  timeoutMs: number,
  error: ZkError,
): Promise<string> {
  const servers = serversOf(connectString);
  const answers = await Promise.all(
    servers.map((server) => askWord(server, 'srvr', Math.min(ASK_LIMIT_MS, timeoutMs))),
  );
  const idle = servers.filter((_, at) => answers[at]?.includes('not currently serving') === true);
  const there = answers.filter((answer) => answer !== undefined).length;
  if (idle.length > 0) {
    const names = idle.map(({ name }) => name).join(', ');
    return (
      `no quorum: ${names} answers and serves nobody, as too few servers of the ensemble run or ` +
      'see each other; start the others, or read with -r where readonlymode.enabled is on'
    );
  }
  if (there === 0) {
    return (
      `no server of ${connectString} could be reached within ${timeoutMs} ms; check -server, and ` +
      `that the servers run (${causeOf(error)})`
    );
  }
  return error.message;
}

/** What the client was told last, which stands at the end of its message. */
function causeOf({ message }: ZkError): string {
  return /\(([^()]*)\)[^(]*\(\w+\)$/.exec(message)?.[1] ?? message;
}
