import { serverFacts } from '@vivarium/core/internal/node/cli/shell/server-facts';
import { topLines, topRows } from '@vivarium/core/internal/node/cli/shell/top-view';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';

const SRVR = (zxid: string, received: number, mode: string) =>
  `Zookeeper version: 3.9.5
Latency min/avg/max: 0/0.5/12
Received: ${received}
Sent: 9
Connections: 3
Outstanding: 1
Zxid: ${zxid}
Mode: ${mode}
Node count: 7
`;
const MNTR = 'zk_avg_latency\t1.25\nzk_max_latency\t12\nzk_watch_count\t4\nzk_znode_count\t7\n';

suite('top', (test) => {
  test('compares servers with each other and with the look before', () => {
    const look = (at: number, received: number) => ({
      at,
      servers: [
        serverFacts('a:1', SRVR('0x100000009', received, 'leader'), MNTR),
        serverFacts('b:1', SRVR('0x100000007', 5, 'follower'), 'mntr is not executed because'),
        serverFacts(
          'c:1',
          'This ZooKeeper instance is not currently serving requests\n',
          undefined,
        ),
        serverFacts('d:1', undefined, undefined),
      ],
    });
    const rows = topRows(look(3000, 600), look(1000, 100));
    assert.equal(rows[0], {
      server: 'a:1',
      role: 'leader',
      zxid: '0x100000009',
      lag: 0,
      connections: 3,
      outstanding: 1,
      latencyMs: { average: 1.25, most: 12 },
      requestsPerSecond: 250,
      znodes: 7,
      watches: 4,
    });
    assert.equal([rows[1]!.lag, rows[1]!.watches, rows[1]!.latencyMs?.average], [2, null, 0.5]);
    assert.equal([rows[2]!.role, rows[2]!.zxid, rows[3]!.role], ['idle', null, 'down']);
    assert.is(topRows(look(1000, 100), undefined)[0]!.requestsPerSecond, null);
    assert.is(topRows(look(3000, 1), look(1000, 100))[0]!.requestsPerSecond, null);
  });

  test('is a table without colours, cut at the edge of the screen', () => {
    const now = { at: 0, servers: [serverFacts('a:1', SRVR('0x2', 1, 'standalone'), MNTR)] };
    const [head, row] = topLines(topRows(now, undefined), 200, false);
    assert.match(head!, /^SERVER\s+ROLE\s+ZXID/);
    assert.match(row!, /^a:1\s+standalone\s+0x2\s+0\s+3\s+1\s+1\.3\/12\s+-\s+7\s+4$/);
    assert.is(topLines(topRows(now, undefined), 30, false)[0]!.length, 30);
  });
});
