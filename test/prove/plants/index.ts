import { diskPlants } from './at-the-disk.js';
import { wirePlants } from './at-the-wire.js';
import { electionPlants } from './in-elections.js';
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
export const plants: readonly Plant[] = [...everywhere, ...amongServers];
