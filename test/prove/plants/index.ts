import { diskPlants } from './at-the-disk.js';
import { wirePlants } from './at-the-wire.js';
import { electionPlants } from './in-elections.js';
import { recipePlants } from './in-recipes.js';
import { replicationPlants } from './in-replication.js';
import { sessionPlants } from './in-sessions.js';
import { clientPlants } from './inside-the-client.js';
import { serverPlants } from './inside-the-server.js';
import type { Plant } from './plant.js';

/** Bugs that any server may have, and its client. */
const everywhere: readonly Plant[] = [
  ...diskPlants,
  ...wirePlants,
  ...serverPlants,
  ...clientPlants,
];

/** Bugs that only servers can have that work together. */
const amongServers: readonly Plant[] = [...electionPlants, ...replicationPlants, ...sessionPlants];

/** Every bug that the simulator must find. */
export const plants: readonly Plant[] = [...everywhere, ...amongServers, ...recipePlants];

/** Bugs that a short proof does not look for: some take hundreds of seeds. */
export const rarePlants: ReadonlySet<string> = new Set([
  'expires sessions by the wall clock',
  'serves on although its leader is silent',
  'lets a sync pass before it has applied what is decided',
  'counts servers where there are groups and weights',
  'compares histories by their counters, without their epochs',
  'does not answer servers that look for a leader when it has one',
  'forgets over a restart that its history is no proof',
  'logs transactions of an epoch that nothing on its disk tells of',
  'says of a tree that it shows nothing from after its beginning',
  'takes requests of a session that has moved',
  'ends sessions of a learner without asking it once more',
  'does not wait for what a learner that has gone may have promised',
  'leads on although it hears of no quorum',
  'the client forgets a watch of which one of two kinds has fired',
  'the client is certain of its session for longer than the server keeps it',
]);
