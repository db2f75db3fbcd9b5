import { type EnsembleSpec, memberProblem } from './ensemble.js';
import type { FoundFile } from './found-file.js';
import { missingLine, type Problems } from './problems.js';

/** The number of a server from the text of its `myid` file; `undefined` when it is none. */
export function readMyId(text: string): number | undefined {
  const line = firstLine(text);
  const id = /^\d{1,3}$/.test(line) ? Number(line) : Number.NaN;
  return id <= 255 ? id : undefined;
}

/** The number that a server of an ensemble has by its `myid` file, or a problem more. */
export function ownNumber(
  ensemble: EnsembleSpec,
  { file, text, problem }: FoundFile,
  problems: Problems,
): number | undefined {
  const numbers = ensemble.servers.map(({ serverId }) => serverId).sort((a, b) => a - b);
  const allowed = `one of the numbers ${numbers.join(', ')}, in the first line of that file`;
  if (text === undefined) {
    const missing = 'there is no such file, and a server of an ensemble finds its number in it';
    const story = problem === undefined ? missing : `cannot be read: ${problem}`;
    problems.fault(missingLine(file, 'myid'), story, allowed);
    return undefined;
  }
  const line = { file, line: 1, key: 'myid', value: firstLine(text) };
  const serverId = readMyId(text);
  if (serverId === undefined) {
    problems.fault(line, `'${line.value}' is not the number of a server`, allowed);
    return undefined;
  }
  const stranger = memberProblem(ensemble, serverId);
  if (stranger === undefined) return serverId;
  problems.fault(line, stranger, 'the number of the server.N line that is about this server');
  return undefined;
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.trim();
}
