/** The program `vivarium`. */
import { bootServer } from '../../peer/boot-server.js';
import { runCommandLine } from './command-line.js';
import { endProcess, processWorld } from './process-world.js';

await endProcess(await runCommandLine(process.argv.slice(2), processWorld(bootServer)));
