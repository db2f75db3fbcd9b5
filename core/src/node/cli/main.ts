/** The program `vivarium`. */
import { runCommandLine } from './command-line.js';
import { endProcess, processWorld } from './process-world.js';

const world = processWorld(async () => (await import('../../peer/boot-server.js')).bootServer);
await endProcess(await runCommandLine(process.argv.slice(2), world));
