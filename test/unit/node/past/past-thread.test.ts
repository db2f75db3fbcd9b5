import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PastThread } from '@vivarium/core/internal/node/past/past-thread';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../../support/suite.js';
import { tempFolder } from '../../../support/temp-folder.js';

const SPAN = { question: { type: 'span' }, until: 0n, chunked: false } as const;

function threadOf(t: TestContext): PastThread {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'version-2'));
  const paths = { snapshots: folder, logs: folder };
  const thread = new PastThread('past of a test', { ...paths, extendedTypes: true, maxBytes: 1 });
  t.cleanup(() => thread.end());
  return thread;
}

suite('the thread that reads the past', (test) => {
  test('has what was asked asked again when it ends, and begins anew', async (t) => {
    const thread = threadOf(t);
    const answers = [thread.ask(SPAN), thread.ask(SPAN)];
    thread.end();
    assert.equal(await Promise.all(answers), [{ type: 'preparing' }, { type: 'preparing' }]);
    assert.is((await thread.ask(SPAN)).type, 'span');
  });

  test('refuses more questions than may wait, and answers those that do', async (t) => {
    const thread = threadOf(t);
    const answers = await Promise.all(Array.from({ length: 10 }, () => thread.ask(SPAN)));
    assert.equal(
      answers.map(({ type }) => type),
      [...Array.from({ length: 9 }, () => 'span'), 'refused'],
    );
  });
});
