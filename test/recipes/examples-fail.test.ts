/** An example says so when what it promises did not happen, and leaves nothing behind. */
import { startEnsemble } from '@vivarium/core/server';
import { type Example, type ExampleHost, examples } from '@vivarium/recipes/examples';
import { play } from '@vivarium/recipes/internal/examples/stage/play';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../support/suite.js';

/** Servers in this process will do where none is killed. */
async function hostFor(t: TestContext, stop = new AbortController().signal) {
  const written: string[] = [];
  let closed = 0;
  const host: ExampleHost = {
    write: (text) => void written.push(text),
    json: true,
    width: 80,
    colors: false,
    isWatched: false,
    stop,
    async startServers() {
      const logTo = { write: () => {} };
      const ensemble = await startEnsemble({ memory: true, clientPort: 0, tickTime: 500, logTo });
      t.cleanup(() => ensemble.close());
      return {
        ports: ensemble.servers.map(({ port }) => port),
        leader: async () => 1,
        pid: () => undefined,
        kill: async () => {},
        start: async () => {},
        close: async () => {
          closed += 1;
          await ensemble.close();
        },
      };
    },
  };
  const end = () => JSON.parse(written.at(-1)!) as { event: string; isKept: boolean; text: string };
  return { host, end, written, closed: () => closed };
}

const lock = examples.lock!;
const otherwise = (staged: Example['play']): Example => ({ ...lock, play: staged });

suite(
  'an example that goes wrong',
  (test) => {
    test('says which promise was broken, and ends its participants', async (t) => {
      const { host, end, closed } = await hostFor(t);
      const broken = otherwise(async (stage) => {
        const ada = await stage.enter('Ada', 'worker');
        await ada.says('has it');
        stage.demandNeverMoreThan(1);
        stage.demandNeverMoreThan(0);
      });
      assert.is(await play('lock', broken, host), false);
      const { event, isKept, text } = end();
      assert.equal({ event, isKept }, { event: 'ends', isKept: false });
      assert.match(text, /Not as promised: at one moment Ada .* were certain: 1, not 0/);
      assert.is(closed(), 1);
    });

    test('says what a participant has failed with', async (t) => {
      const { host, end } = await hostFor(t);
      const broken = otherwise(async (stage) => {
        await stage.enter('Ada', 'no such role');
        await (await stage.enter('Ben', 'worker')).says('what it never says');
      });
      assert.is(await play('lock', broken, host), false);
      assert.match(end().text, /It got stuck: Ada: .*not a function/);
    });

    test('does not wait for the words of somebody who was killed', async (t) => {
      const { host, end } = await hostFor(t);
      const broken = otherwise(async (stage) => {
        const ada = await stage.enter('Ada', 'worker');
        await ada.kill();
        await ada.says('what it never says');
      });
      assert.is(await play('lock', broken, host), false);
      assert.match(end().text, /Ada's process is gone/);
    });

    test('ends at once when it is stopped, with nothing more to say', async (t) => {
      const stop = new AbortController();
      const { host, written, closed } = await hostFor(t, stop.signal);
      const endless = otherwise(async (stage) => {
        const ada = await stage.enter('Ada', 'worker');
        await ada.says('has it');
        ada.freeze();
        stop.abort();
        await ada.says('what it never says');
      });
      assert.is(await play('lock', endless, host), false);
      assert.not.match(written.join(''), /"ends"/);
      assert.is(closed(), 1);
    });
  },
  { timeoutMs: 60_000 },
);
