/** An ensemble that is measured: every server a process of its own, of one kind. */
import { apacheVersions } from '../interop/apache.js';
import { Ensemble } from '../interop/ensemble/ensemble.js';
import type { LoadJob } from './load.js';
import { removeFolder, type SubjectName } from './subjects.js';

export interface EnsembleSubject {
  readonly name: SubjectName;
  /** Where clients go, and whose time is counted. */
  readonly where: Pick<LoadJob, 'servers' | 'pids'>;
  stop(): Promise<void>;
}

export interface EnsembleSize {
  readonly voters: number;
  readonly observers: number;
}

/** What all servers are told alike: ZooKeeper's own example. */
const alike = { tickTime: 2000, initLimit: 10, syncLimit: 5, snapCount: 100_000 } as const;

/** An ordinary server's heap, not the small quick one that tests use. */
const JVM = ['-Xms256m', '-Xmx1g'];

/** Starts servers on empty data folders below `folder`. */
export async function startEnsembleSubject(
  name: SubjectName,
  { voters, observers }: EnsembleSize,
  folder: string,
  nodeArgs: readonly string[] = [],
): Promise<EnsembleSubject> {
  removeFolder(folder);
  const kind = name === 'vivarium' ? 'vivarium' : apacheVersions.newest;
  const ensemble = await Ensemble.create({
    kinds: Array(voters + observers).fill(kind),
    ...{ observers, config: alike, jvmArgs: JVM, folder, nodeArgs },
  });
  try {
    await ensemble.start();
  } catch (error) {
    await ensemble.destroy();
    throw error;
  }
  const { members } = ensemble;
  return {
    name,
    where: {
      servers: members.map(({ host, port }) => ({ host, port })),
      pids: members.map(({ pid }) => pid),
    },
    stop: async () => {
      await ensemble.stop();
      await ensemble.destroy();
    },
  };
}
