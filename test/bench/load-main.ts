import { type LoadJob, runLoad } from './load.js';

const result = await runLoad(JSON.parse(process.argv[2]!) as LoadJob);
process.stdout.write(`${JSON.stringify(result)}\n`);
