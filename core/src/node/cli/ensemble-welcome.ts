import { version } from '../version.js';
import { type EnsembleSeats, USUAL_PORT } from './ensemble-files.js';
import type { EnsembleMember } from './ensemble-members.js';

export interface EnsembleFacts {
  readonly members: readonly EnsembleMember[];
  /** What each of them is to the others, by number. */
  readonly modes: ReadonlyMap<number, string>;
  /** Where the data is; undefined when it is in memory. */
  readonly seats: EnsembleSeats | undefined;
  /** The first client port that was wanted. */
  readonly port: number;
  readonly isTerminal: boolean;
}

/** What a person reads first. */
export function welcomeToEnsemble(facts: EnsembleFacts): string {
  const { members, modes, seats, isTerminal } = facts;
  const useColors = isTerminal && (process.env.NO_COLOR ?? '') === '';
  const bold = (text: string) => (useColors ? `\x1b[1m${text}\x1b[22m` : text);
  const dim = (text: string) => (useColors ? `\x1b[2m${text}\x1b[22m` : text);
  const [first, second] = members as readonly [EnsembleMember, EnsembleMember];
  const connectString = members.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const last = members.at(-1)!;
  const data =
    seats === undefined ? 'in memory' : `${seats.folder}, in folders 1 to ${members.length}`;
  const moved = seats?.isMoved === true ? `   (port ${USUAL_PORT} or one after it is taken)` : '';
  const rows = members.map(({ id, port, pid }) => {
    const mode = modes.get(id) ?? 'does not serve yet';
    const row = `server ${id}  127.0.0.1:${port}  pid ${pid}  ${mode}`;
    return `    ${mode === 'leader' ? bold(row) : row}`;
  });
  const at = (port: number) => (port === USUAL_PORT ? '' : ` -server 127.0.0.1:${port}`);
  return `
  ${bold(`Vivarium ${version}`)}: an ensemble of ${members.length} servers is running. Ctrl-C stops it.

    ${dim('connect')}  ${bold(connectString)}${moved}
    ${dim('data')}     ${data}
    ${dim('console')}  http://127.0.0.1:${first.port}/   and for machines /commands, /metrics; on each port

${rows.join('\n')}

  Try it in another terminal: what one server was told, all of them know.

    npx vivarium shell${at(first.port)} create /hello world
    npx vivarium shell${at(second.port)} get /hello
${killHint(facts, last)}
  or in a program, say try.mjs in this folder, run with ${bold('node try.mjs')}:

    import { connect } from '@vivarium/core';
    const zk = await connect('${connectString}');
    zk.children$('/').subscribe((now) => console.log(now.children));

`;
}

/** Servers in processes of their own can be killed, one at a time. */
function killHint({ members, modes, seats }: EnsembleFacts, last: EnsembleMember): string {
  const leader = members.find(({ id }) => modes.get(id) === 'leader') ?? last;
  if (seats === undefined || leader.pid === process.pid) return '';
  const { configFile } = seats.seats.find(({ id }) => id === leader.id)!;
  return `
  Kill the leader: another server leads then, and nothing is lost. Bring it back.

    kill -9 ${leader.pid}
    npx vivarium server ${configFile}
`;
}
