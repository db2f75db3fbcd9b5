import {
  answerWord,
  argumentLength,
  fourLetterWords,
  isWordAllowed,
  knownWords,
} from '@vivarium/core/internal/admin/four-letter';
import * as assert from 'uvu/assert';
import {
  adminContext,
  connectionView,
  downContext,
  peerView,
} from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

const NO_ARGUMENT = new Uint8Array(0);
const ASKER = { address: '127.0.0.1', port: 50_574 };

function answer(word: string, context = adminContext(), asker?: typeof ASKER): string {
  return answerWord(word, NO_ARGUMENT, context, asker).text;
}

const SERVER_LINES = `Latency min/avg/max: 0/1.8/4
Received: 7
Sent: 6
Connections: 2
Outstanding: 0
Zxid: 0x3
Mode: standalone
Node count: 7
`;
const VERSION = '3.9.5-vivarium-0.1.0, built on 2026-11-24 15:00 UTC';

suite("four-letter words answer with ZooKeeper's text", (test) => {
  test('ruok, isro, gtmk have no newline; crst and srst have one', () => {
    assert.is(answer('ruok'), 'imok');
    assert.is(answer('isro'), 'rw');
    assert.is(answer('gtmk'), '306');
    assert.is(answer('crst'), 'Connection stats reset.\n');
    assert.is(answer('srst'), 'Server stats reset.\n');
  });

  test('srvr', () => {
    const expected = `Zookeeper version: ${VERSION}\n${SERVER_LINES}`;
    assert.is(answer('srvr', adminContext(), ASKER), expected);
  });

  test('stat lists the connections, the one that asks among them', () => {
    assert.is(
      answer('stat', adminContext(), ASKER),
      `Zookeeper version: ${VERSION}
Clients:
 /127.0.0.1:50542[1](queued=0,recved=5,sent=5)
 /127.0.0.1:50574[0](queued=0,recved=1,sent=0)

${SERVER_LINES}`,
    );
  });

  test('cons', () => {
    assert.is(
      answer('cons'),
      ' /127.0.0.1:50542[1](queued=0,recved=5,sent=5,sid=0x100004bbaa30000,lop=GETD,' +
        'est=1795533535305,to=40000,lcxid=0x4,lzxid=0x3,lresp=5083189,llat=0,minlat=0,avglat=1,' +
        'maxlat=4)\n\n',
    );
  });

  test('cons of a connection without session, or without a request, leaves fields out', () => {
    const fresh = { ...connectionView, lastCxid: -1, lastZxid: -1n };
    const early = { ...connectionView, session: 0n, address: '::1' };
    const view = peerView({ connections: () => [fresh, early] });
    const [first, second] = answer('cons', adminContext(view)).split('\n');
    assert.match(first!, 'to=40000,lzxid=0xffffffffffffffff,');
    assert.is(second, ' /[::1]:50542[1](queued=0,recved=5,sent=5)');
  });

  test('conf', () => {
    assert.is(
      answer('conf'),
      `clientPort=23510
secureClientPort=-1
dataDir=/d/version-2
dataDirSize=424
dataLogDir=/l/version-2
dataLogSize=67108880
tickTime=2000
maxClientCnxns=60
minSessionTimeout=4000
maxSessionTimeout=40000
clientPortListenBacklog=-1
serverId=0
`,
    );
  });

  test('dump', () => {
    assert.is(
      answer('dump'),
      `SessionTracker dump:
Session Sets (1)/(1):
1 expire at Tue Nov 24 15:19:37 UTC 2026:
	0x100004bbaa30000
ephemeral nodes dump:
Sessions with Ephemerals (1):
0x100004bbaa30000:
	/e1
Connections dump:
Connections Sets (1)/(1):
1 expire at Tue Nov 24 15:19:37 UTC 2026:
	ip: /127.0.0.1:50542 sessionId: 0x100004bbaa30000
`,
    );
  });

  test('envi begins with the version that clients decide by', () => {
    const rows = answer('envi').split('\n');
    assert.equal(rows.slice(0, 3), [
      'Environment:',
      `zookeeper.version=${VERSION}`,
      'host.name=zk1',
    ]);
    assert.ok(rows.includes('os.name=Linux'));
  });

  test('dirs and hash', () => {
    assert.is(answer('dirs'), 'datadir_size: 424\nlogdir_size: 67108880\n');
    assert.is(answer('hash'), '10: -5\n');
  });

  test('wchs, wchc and wchp', () => {
    assert.is(answer('wchs'), '1 connections watching 2 paths\nTotal watches:2\n');
    assert.is(answer('wchc'), '0x100004bbaa30000\n\t/p\n\t/\n\n');
    assert.is(answer('wchp'), '/p\n\t0x100004bbaa30000\n/\n\t0x100004bbaa30000\n\n');
    assert.is(answer('wchc', adminContext(peerView({ watches: () => new Map() }))), '\n');
  });

  test('mntr prefixes every key with zk_ and parts it from the value by a tab', () => {
    const rows = answer('mntr').trimEnd().split('\n');
    assert.is(rows[0], `zk_version\t${VERSION}`);
    assert.is(rows[1], 'zk_server_state\tstandalone');
    assert.ok(rows.includes('zk_avg_latency\t1.8'));
    assert.ok(rows.includes('zk_uptime\t127312'));
    for (const row of rows) assert.match(row, /^zk_\w+\t[^\t]+$/);
  });

  test('stmk takes eight bytes, echoes them as a number and asks to keep it', () => {
    assert.is(argumentLength('stmk'), 8);
    assert.is(argumentLength('ruok'), 0);
    const mask = Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2);
    assert.equal(answerWord('stmk', mask, adminContext()), { text: '258', traceMask: 258n });
  });

  test('words that reset hand the server a command', () => {
    const commandOf = (word: string) => answerWord(word, NO_ARGUMENT, adminContext()).command;
    assert.equal(commandOf('crst'), { name: 'reset-connection-stats' });
    assert.equal(commandOf('srst'), { name: 'reset-server-stats' });
    assert.is(commandOf('srvr'), undefined);
  });
});

suite('four-letter words and the whitelist', (test) => {
  test('a word that is not listed is refused by name', () => {
    const context = adminContext(peerView(), { fourLetterWords: ['ruok'] });
    assert.is(answer('ruok', context), 'imok');
    assert.is(
      answer('mntr', context),
      'mntr is not executed because it is not in the whitelist.\n',
    );
  });

  test('srvr is always answered, and * means all', () => {
    assert.ok(isWordAllowed('srvr', []));
    assert.not(isWordAllowed('stat', ['srvr']));
    assert.ok(isWordAllowed('wchc', ['*']));
  });
});

suite('four-letter words while the server does not serve', (test) => {
  const sentence = 'This ZooKeeper instance is not currently serving requests';

  test('most say so; ruok, envi and the trace mask still answer', () => {
    for (const word of knownWords) {
      const text = answerWord(word, new Uint8Array(8), downContext()).text;
      const alive: Record<string, RegExp> = {
        ruok: /^imok$/,
        envi: /^Environment:\n/,
        gtmk: /^306$/,
        stmk: /^0$/,
        isro: /^null$/,
        hash: new RegExp(`^${sentence}$`),
      };
      assert.match(text, alive[word] ?? new RegExp(`^${sentence}\\n$`), word);
    }
  });

  test('a server that is stopping counts as not serving', () => {
    assert.is(answer('srvr', adminContext(peerView({ serving: false }))), `${sentence}\n`);
  });

  test('every word has four letters and a sentence for the reference', () => {
    for (const [word, { doc }] of Object.entries(fourLetterWords)) {
      assert.match(word, /^[a-z]{4}$/);
      assert.match(doc, /\.$/);
    }
  });
});
