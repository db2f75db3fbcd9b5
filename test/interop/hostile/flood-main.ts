/** `flood-main.js SEED FRAMES` floods a machine in this process and prints what came of it. */
import { floodMachine } from './in-process.js';

process.stdout.write(
  JSON.stringify(floodMachine(Number(process.argv[2]), Number(process.argv[3]))),
);
