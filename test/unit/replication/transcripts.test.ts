import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { top } from '../../house/repository.js';
import { suite } from '../../support/suite.js';
import { runScript } from './stage.js';

const folder = join(top, 'test/unit/replication/transcripts');

/* After a change that is meant, write them again and read what has changed:
   UPDATE_TRANSCRIPTS=1 npm test -- replication/transcripts */
suite('an ensemble, as its transcript has it:', (test) => {
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.txt'))) {
    const file = join(folder, name);
    test(name.slice(0, -4).replaceAll('-', ' '), async () => {
      const written = readFileSync(file, 'utf8');
      const actual = await runScript(written);
      if (process.env.UPDATE_TRANSCRIPTS !== undefined) writeFileSync(file, actual);
      else assert.snapshot(actual, written);
    });
  }
});
