/** The program `vivarium`. */
import { bootPeer } from '../../peer/boot.js';
import { runCommandLine } from './command-line.js';
import { endProcess, processWorld } from './process-world.js';

await endProcess(await runCommandLine(process.argv.slice(2), processWorld(bootPeer)));
