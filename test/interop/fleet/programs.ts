/** The programs of a fleet: two over Curator, two over kazoo, each of two releases, two of ours. */
import { fileURLToPath } from 'node:url';
import { curatorProgram, curatorReleases, KAZOO, kazooModules } from '../clients/programs.js';
import type { Program } from '../clients/round.js';
import { findKazoo } from '../kazoo/suite.js';

export interface FleetPrograms {
  readonly programs: ReadonlyMap<string, Program>;
  /** Of the peers, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Python is not built: its sources stay where they are. */
const PYTHON = fileURLToPath(new URL('../../../interop/fleet/participant.py', import.meta.url));
const NODE = fileURLToPath(new URL('./participant-main.js', import.meta.url));
const LIFE = ['ADDRESS', 'NAME', 'SESSION_MS'];
const SMALL_JVM = ['-Xms32m', '-Xmx256m', '-XX:+UseSerialGC'];

/** @throws when this machine lacks something for one of them, saying what */
export async function fleetPrograms(): Promise<FleetPrograms> {
  const programs = new Map<string, Program>();
  for (const [at, release] of curatorReleases.entries()) {
    const { command, words } = await curatorProgram('Participant', release);
    const own = [...SMALL_JVM, ...words.filter((word) => word !== 'ADDRESS'), ...LIFE];
    programs.set(`curator${at + 1}`, { command, words: own });
  }
  const { python, version } = await findKazoo();
  const kazoo = { command: python, words: [PYTHON, ...LIFE] };
  programs.set('kazoo1', kazoo);
  programs.set('kazoo2', { ...kazoo, env: { PYTHONPATH: await kazooModules(python) } });
  const ours = { command: process.execPath, words: [NODE, ...LIFE] };
  programs.set('vivarium1', ours);
  programs.set('vivarium2', ours);
  const versions = {
    Curator: curatorReleases.join(' and '),
    kazoo: `${version} and ${KAZOO}`,
  };
  return { programs, versions };
}
