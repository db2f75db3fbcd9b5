/** The program `vivarium`. */
import { bootPeer } from '../../peer/boot.js';
import { runCommandLine } from './command-line.js';
import { processWorld } from './process-world.js';

process.exit(await runCommandLine(process.argv.slice(2), processWorld(bootPeer)));
