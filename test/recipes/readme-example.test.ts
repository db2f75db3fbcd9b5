/** The first program of README.md does what README.md says, run with plain `node`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, StartError, startServer } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { fencesOf } from '../house/fences.js';
import { top } from '../house/repository.js';
import { startChild } from '../support/child.js';
import { suite } from '../support/suite.js';

const USUAL_PORT = 2181;
const text = readFileSync(join(top, 'README.md'), 'utf8');
const program = fencesOf({ path: 'README.md', text })[0]!.code;
/** What README.md says that the program prints: the fence without a language after it. */
const printed = /^It prints\n\n```\n([\s\S]*?)^```$/m.exec(text)?.[1];

/** On the port that the program names, or on a free one while somebody uses that. */
async function start(dataDir: string): Promise<RunningServer> {
  const options = { dataDir, logTo: { write: () => true } };
  try {
    return await startServer({ ...options, clientPort: USUAL_PORT });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return startServer({ ...options, clientPort: 0 });
  }
}

suite('the first program of README.md', (test) => {
  test(
    'prints what is said there, and ends by itself, each time it is run',
    async (t) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'vivarium-readme-'));
      t.cleanup(() => rmSync(dataDir, { recursive: true, force: true }));
      const server = await start(dataDir);
      t.cleanup(() => server.close());
      // Below the top, where the packages are found, as in the folder that README.md speaks of.
      const folder = join(top, '.cache', `readme-${process.pid}`);
      mkdirSync(folder, { recursive: true });
      t.cleanup(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'first.mjs');
      assert.ok(program.includes(`'127.0.0.1:${USUAL_PORT}'`));
      writeFileSync(file, program.replace(`127.0.0.1:${USUAL_PORT}`, server.connectString));
      for (let time = 0; time < 2; time++) {
        const child = startChild(t, [file], { cwd: folder });
        assert.is(await child.ended, 0, child.output.err);
        assert.is(child.output.out, printed);
        assert.is(child.output.err, '');
      }
    },
    { timeoutMs: 30_000 },
  );
});
