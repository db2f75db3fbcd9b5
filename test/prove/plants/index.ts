import { diskPlants } from './at-the-disk.js';
import { wirePlants } from './at-the-wire.js';
import { clientPlants } from './inside-the-client.js';
import { serverPlants } from './inside-the-server.js';
import type { Plant } from './plant.js';

/** Every bug that the simulator must find. */
export const plants: readonly Plant[] = [
  ...diskPlants,
  ...wirePlants,
  ...serverPlants,
  ...clientPlants,
];
