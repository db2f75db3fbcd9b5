/** The commands that are typed into ZooKeeper's own shell, and how its answers are read. */
import { EVENT, isNoise } from '../shell-words.js';

/** One block of the round: `@cut` cuts the connection instead. */
export const commands: readonly string[] = [
  'create /zk first',
  'create /zk again',
  'create /none/zk',
  'create -s /zk/s- x',
  'create -e /zk/e',
  'create -c /zk/box',
  'create -t 3600000 /zk/ttl data',
  'ls /zk',
  'ls -R /zk',
  'stat -w /zk',
  'set /zk second',
  'get -s /zk',
  'get -w /zk',
  'set -v 1 /zk third',
  'set -v 1 /zk fourth',
  'ls -w /zk',
  'create /zk/child',
  'addWatch -m PERSISTENT_RECURSIVE /zk',
  'create /zk/child/deep',
  'removewatches /zk',
  'delete /zk',
  'delete -v 7 /zk/child/deep',
  'deleteall /zk/child',
  'addauth digest alice:secret',
  'create /zk/acl mine auth::cdrwa',
  'getAcl /zk/acl',
  'setAcl /zk/acl world:anyone:r',
  'getAcl -s /zk/acl',
  'set /zk/acl denied',
  'whoami',
  'getEphemerals /zk',
  'getAllChildrenNumber /zk',
  'setquota -n 10 /zk',
  'listquota /zk',
  'delquota /zk',
  'sync /zk',
  'get -w /zk',
  '@cut',
  'get /zk/e',
  'set /zk fifth',
  'config',
  'nonsense',
  'deleteall /zk',
  'ls /',
];

/** Printed by the shell between two commands, since the node is not there. */
export function markerOf(number: number): { readonly command: string; readonly answer: string } {
  const path = `/marker-${number}-`;
  return { command: `stat ${path}`, answer: `Node does not exist: ${path}` };
}

/** Of the shell's own end, which it tells of if it comes to that. */
const OWN_END = /^WatchedEvent state:Closed /;

/** The lines of one answer that say something, without times and ids; events apart. */
export function readAnswer(text: string): {
  readonly lines: readonly string[];
  readonly events: readonly string[];
} {
  const lines: string[] = [];
  const events: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/^\[zk: [^\]]*\] ?/, '').trimEnd();
    if (OWN_END.test(line)) continue;
    if (EVENT.test(line)) events.push(line.replace(/ zxid: -?\d+/, ''));
    else if (!isNoise(line)) lines.push(normal(line));
  }
  return { lines, events };
}

function normal(line: string): string {
  return line
    .replace(/^([cmp]Zxid|[cm]time|[cmp]zxid) = .*/i, '$1 = #')
    .replace(/0x[0-9a-f]{6,}/g, '0x#');
}
