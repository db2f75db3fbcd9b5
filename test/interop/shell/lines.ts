/** What is typed into ZooKeeper's shell and into ours, and how their answers are compared. */
import { EVENT, isNoise } from '../shell-words.js';

/** Every command of zkCli with every flag, in one session. `FILE` is a dynamic configuration. */
export const lines: readonly string[] = [
  'create /zk first',
  'create /zk again',
  'create /none/zk',
  'create -s /zk/s- x',
  'create -e /zk/e',
  'create -s -e /zk/es- x',
  'create -c /zk/box',
  'create -t 3600000 /zk/ttl data',
  'create -s -t 3600000 /zk/ttls- data',
  'create /zk/e/below',
  'create -c -e /zk/wrong',
  'create /zk/acl x world:anyone:cdra',
  'create "/zk/two words" "a b"',
  'ls /zk',
  'ls -s /zk/box',
  'ls -R /zk',
  'ls -w /zk/box',
  'ls /none',
  'create /zk/box/child',
  'get /zk',
  'get -s /zk',
  'get -b /zk',
  'get -x /zk',
  'get -s -b /zk/ttl',
  'get /zk/box/child',
  'get -w /zk',
  'get /none',
  'get no-slash',
  'set /zk second',
  'set -s /zk third',
  'set -v 2 /zk fourth',
  'set -v 2 /zk fifth',
  'set -b /zk aGVsbG8=',
  'get /zk',
  'stat /zk',
  'stat -w /zk',
  'stat /none',
  'delete -v 7 /zk/box/child',
  'delete -v 0 /zk/box/child',
  'delete /zk',
  'get /zk watch',
  'ls /zk watch',
  'stat /zk watch',
  'set /zk sixth',
  'removewatches /zk',
  'getAcl /zk',
  'getAcl -s /zk',
  'setAcl -s /zk world:anyone:cdrwa',
  'setAcl -v 9 /zk world:anyone:cdrwa',
  'setAcl -R /zk/box world:anyone:cdrwa',
  'setAcl /zk wrong',
  'addauth digest alice:secret',
  'create /zk/mine x auth::cdrwa',
  'getAcl /zk/mine',
  'setAcl /zk/mine world:anyone:r',
  'set /zk/mine denied',
  'whoami',
  'getEphemerals',
  'getEphemerals /zk/e',
  'getAllChildrenNumber /zk',
  'setquota -n 10 /zk',
  'setquota -N 20 /zk',
  'setquota -b 1000 /zk',
  'setquota -B 2000 /zk',
  'setquota -n 2 /zk',
  'setquota -n 1 /zk/box',
  'listquota /zk',
  'delquota -n /zk',
  'listquota /zk',
  'delquota /zk',
  'delquota /zk',
  'listquota /zk',
  'sync /zk',
  'addWatch -m PERSISTENT /zk',
  'addWatch /zk/box',
  'removewatches /zk -p',
  'removewatches /zk/box -a -l',
  'printwatches',
  'printwatches off',
  'printwatches',
  'printwatches on',
  'config',
  'config -c',
  'config -s',
  'reconfig -add server.9=127.0.0.1:1:2;3',
  'reconfig',
  'reconfig -add a -members b',
  'history',
  'redo 20',
  'redo 100000',
  'deleteall /zk/box -b 2',
  'deleteall /none',
  'ls /zk',
  'deleteall /zk',
  'ls /',
  'close',
  'ls /',
  'connect ADDRESS',
  'ls /',
];

/**
 * Where ours is meant to differ, and why. The rest of the two transcripts is compared.
 *
 * - `order`: identities are a set, and Apache prints its hashes' order.
 * - `scope`: ours lists what is at or below the path, and not what only begins with its letters.
 * - `wording`: standard error only, where zkCli prints a usage of several lines or a Java name.
 */
export const meant: Readonly<Record<string, 'order' | 'wording' | 'scope'>> = {
  whoami: 'order',
  'getEphemerals /zk/e': 'scope',
  'create -c -e /zk/wrong': 'wording',
  'get no-slash': 'wording',
  'setAcl /zk wrong': 'wording',
  'setquota -n 1 /zk/box': 'wording',
  'reconfig -add server.9=127.0.0.1:1:2;3': 'wording',
  reconfig: 'wording',
  'reconfig -add a -members b': 'wording',
  'redo 100000': 'wording',
};

/** Single commands on the command line, whose exit codes are compared. */
export const singles: readonly {
  readonly words: readonly string[];
  /** Ours, where it says more than zkCli's. */
  readonly ours?: number;
}[] = [
  { words: ['ls', '/'] },
  { words: ['get', '/none'] },
  { words: ['nonsense'] },
  { words: ['listquota', '/zookeeper'] },
  { words: ['delquota', '/zookeeper'] },
  { words: ['get'], ours: 2 },
  { words: ['set', '-v', '9', '/marks', 'x'], ours: 5 },
];

/** Of a session's own life, and of watches that it took back itself: only zkCli tells of those. */
const OWN_DOING = /^WatchedEvent state:\w+ type:(?:None|\w+WatchRemoved)/;

/** The lines that say something, without times and ids; events apart, as they come when they do. */
export function readTranscript(text: string): { lines: string[]; events: string[] } {
  const lines: string[] = [];
  const events: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    if (OWN_DOING.test(line)) continue;
    if (EVENT.test(line)) events.push(line.replace(/ zxid: -?\d+/, ''));
    else if (!isNoise(line)) lines.push(normal(line));
  }
  return { lines, events };
}

function normal(line: string): string {
  return line
    .replace(/^([cmp]Zxid|[cm]time) = .*/, '$1 = #')
    .replace(/0x[0-9a-f]{6,}/g, '0x#')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:#');
}
