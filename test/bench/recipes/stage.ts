/** Servers of both kinds, and the programs over them: all run all the while, one is driven. */
import { join } from 'node:path';
import { fourLetterWord } from '../../interop/apache.js';
import { startEnsembleSubject } from '../ensemble-subject.js';
import { removeFolder, type SubjectName, startSubject } from '../subjects.js';
import type { RecipeSubject } from './records.js';
import { Side } from './side.js';

export interface Servers {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly connectString: string;
  stop(): Promise<void>;
}

/** Starts one server, or so many that form an ensemble, on empty folders below `folder`. */
async function startServers(name: SubjectName, count: number, folder: string): Promise<Servers> {
  removeFolder(folder);
  let addresses: Servers['addresses'];
  let stop: () => Promise<void>;
  if (count === 1) {
    const subject = await startSubject(name, { folder });
    addresses = [{ host: '127.0.0.1', port: subject.port }];
    stop = () => subject.stop();
  } else {
    const subject = await startEnsembleSubject(name, { voters: count, observers: 0 }, folder);
    addresses = subject.where.servers;
    stop = () => subject.stop();
  }
  const connectString = addresses.map(({ host, port }) => `${host}:${port}`).join();
  return { addresses, connectString, stop };
}

/** How many requests the servers have taken in so far, by their own count. */
export async function requestsOf({ addresses }: Servers): Promise<number> {
  let sum = 0;
  for (const { host, port } of addresses) {
    const text = await fourLetterWord(port, 'mntr', { host });
    const found = /^zk_packets_received\t(\d+)/m.exec(text);
    if (found === null) throw new Error(`mntr does not tell of requests:\n${text.slice(0, 500)}`);
    sum += Number(found[1]);
  }
  return sum;
}

/** One program and the servers that it works on. */
export interface Contestant {
  readonly subject: RecipeSubject;
  readonly servers: Servers;
  readonly side: Side;
  /** Another process of the same program. */
  another(): Promise<Side>;
}

/** Starts all that the subjects need; `undo` takes what has to be stopped, the last first. */
export async function setStage(
  subjects: readonly RecipeSubject[],
  serverCount: number,
  folder: string,
  undo: (() => Promise<unknown>)[],
): Promise<readonly Contestant[]> {
  const running = new Map<SubjectName, Servers>();
  const contestants: Contestant[] = [];
  for (const subject of subjects) {
    const kind = subject === 'vivarium' ? 'vivarium' : 'apache';
    const known = running.get(kind);
    const servers = known ?? (await startServers(kind, serverCount, join(folder, kind)));
    if (known === undefined) undo.push(() => servers.stop());
    running.set(kind, servers);
    const program = subject === 'apache' ? 'curator' : 'ours';
    const another = () => Side.start(program, servers.connectString);
    const side = await another();
    undo.push(() => side.end());
    contestants.push({ subject, servers, side, another });
  }
  return contestants;
}
