import { HistorySampler } from '@vivarium/core/internal/node/history-sampler';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the sampler of the history', (test) => {
  test('remembers what the log says of elections and the like, and nothing else', () => {
    const sampler = new HistorySampler();
    for (const event of ['member.looking', 'connection.malformed', 'snapshot.taken']) {
      sampler.heard({ level: 'info', event, message: `it was ${event}` });
    }
    const { events } = sampler.history.since(0) as { readonly events: readonly unknown[] };
    assert.equal(
      (events as readonly { readonly kind: string; readonly message: string }[]).map(
        ({ kind, message }) => [kind, message],
      ),
      [
        ['election', 'it was member.looking'],
        ['snapshot', 'it was snapshot.taken'],
      ],
    );
  });
});
