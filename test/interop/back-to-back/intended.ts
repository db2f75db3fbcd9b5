/**
 * The table of intended differences: where Vivarium answers otherwise than Apache ZooKeeper on
 * purpose. A difference that no row explains fails the comparison, and a row whose probe no longer
 * shows what the row says fails it too.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import {
  type OperationName,
  opcodes,
  operationOf,
  operations,
} from '@vivarium/core/internal/wire/operations';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import { OPEN } from './choices.js';
import type { Lane, Outcome } from './lane.js';
import { plainRequest } from './requests.js';
import type { StepContext } from './run.js';
import type { Request, Step } from './steps.js';

export interface Intended {
  readonly case: string;
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
  /** `3.8.0`: only that release does otherwise. */
  readonly release: 'both' | '3.8.0';
  /**
   * How the random sequences deal with it. `explained`: they meet it, and go on from there.
   * `normalised`: they meet it, and it is not compared. `left out`: they do not send it.
   */
  readonly inSequences: 'explained' | 'normalised' | 'left out';
  /** Shows the difference on two servers; absent where Apache would not survive it. */
  readonly probe?: Probe;
}

interface Probe {
  /** Sent one after another in a session of their own; the last one's outcome is judged. */
  readonly requests: readonly Request[];
  readonly theirs: RegExp;
  readonly ours: RegExp;
}

/** Far above those of the sequences. */
const ASKING_XID = 2_000_000;

const raw = (code: number, label: string, body: Uint8Array): Request => ({
  xid: 2,
  code,
  label,
  body,
});
const bytesOf = (name: OperationName, value: object) =>
  encode(operations[name].request as JuteType<unknown>, value);
const node = (path: string, flags = 0) => ({ path, data: null, acl: OPEN, flags });

export const intended: readonly Intended[] = [
  {
    case: 'getAllChildrenNumber of the empty path',
    theirs: 'counts the root as a child of itself',
    ours: 'counts as for /',
    why: 'It is a slip; no client sends it.',
    release: 'both',
    inSequences: 'left out',
    probe: {
      requests: [plainRequest(1, 'getAllChildrenNumber', { path: '' })],
      theirs: /totalNumber:4}/,
      ours: /totalNumber:3}/,
    },
  },
  {
    case: 'deleteContainer sent by a client',
    theirs: 'deletes any empty node, whatever its ACL (3.8.0: -8)',
    ours: '-6, and the connection is closed',
    why: 'Only the server itself may clean up; no ACL would protect a node otherwise.',
    release: 'both',
    inSequences: 'left out',
    probe: {
      requests: [
        plainRequest(1, 'create', node('/probe1')),
        raw(opcodes.deleteContainer, 'deleteContainer', bytesOf('sync', { path: '/probe1' })),
      ],
      theirs: /^reply xid 2 at z\d+ err (0|-8)/,
      ours: /^reply xid 2 at none err -6 .*\nclosed/,
    },
  },
  {
    case: 'createSession sent by a client',
    theirs: 'makes another session and answers with bytes that are no reply',
    ours: '-6, and the connection is closed',
    why: 'Only a handshake makes sessions.',
    release: 'both',
    inSequences: 'left out',
    probe: {
      requests: [raw(opcodes.createSession, 'createSession', Uint8Array.of(0, 0, 0x75, 0x30))],
      theirs: /^reply xid 0 /,
      ours: /^reply xid 2 at none err -6 .*\nclosed/,
    },
  },
  {
    case: 'taking up a session with a wrong password while its owner is connected',
    theirs: 'closes the owner’s connection, then refuses',
    ours: 'refuses; the owner notices nothing',
    why: 'Whoever knows or guesses the id of a session could cut its owner off.',
    release: 'both',
    inSequences: 'explained',
  },
  {
    case: 'events replayed by setWatches for nodes that the client may not read',
    theirs: 'sent',
    ours: 'not sent, as other events are not; the watch is consumed',
    why: 'They would tell that a node exists or changes, which exists and events keep secret.',
    release: 'both',
    inSequences: 'explained',
  },
  {
    case: 'the order of identities that stand in an ACL for the scheme auth',
    theirs: 'that of a Java hash set',
    ours: 'that in which the client gave them',
    why: 'No order was promised.',
    release: 'both',
    inSequences: 'normalised',
  },
  {
    case: 'the order of children, and of the nodes that go when a session ends',
    theirs: 'that of a Java hash set',
    ours: 'that of creation',
    why: 'No order was promised.',
    release: 'both',
    inSequences: 'normalised',
  },
  {
    case: 'a path with a character beyond U+FFFF, told back in an event or a reply',
    theirs: 'two surrogates of three bytes each, which is no UTF-8',
    ours: 'UTF-8',
    why: 'No path can hold one; what is told back should be what was asked for.',
    release: 'both',
    inSequences: 'normalised',
  },
  {
    case: 'text that is no quota written as a quota',
    theirs: 'the server ends itself',
    ours: 'what cannot be read of it does not count, and the server goes on',
    why: 'One client could end the service.',
    release: 'both',
    inSequences: 'left out',
  },
  {
    case: 'the zxid in the header of a watch event',
    theirs: '-1',
    ours: 'the zxid of the change, as 3.9 sends it',
    why: 'Vivarium follows the newest release.',
    release: '3.8.0',
    inSequences: 'normalised',
  },
  {
    case: 'the result of create2 inside a multi',
    theirs: 'typed as create, without Stat',
    ours: 'typed as create2, with Stat, as 3.9 sends it',
    why: 'Vivarium follows the newest release.',
    release: '3.8.0',
    inSequences: 'normalised',
  },
  {
    case: 'a multi with flags that no mode has, or with no ACL at all',
    theirs: 'that operation fails, and a zxid is taken',
    ours: '-5, and no zxid is taken, as in 3.9',
    why: 'Vivarium follows the newest release.',
    release: '3.8.0',
    inSequences: 'left out',
  },
  {
    case: 'a write that cannot be decoded',
    theirs: '-5 with the last zxid, which then stands twice in the log (3.8.0: as ours)',
    ours: '-5 with a zxid of its own',
    why: 'A zxid must name one entry of the log.',
    release: 'both',
    inSequences: 'explained',
  },
  {
    case: 'exists, and watch events, where the ACL forbids reading',
    theirs: 'answered and sent',
    ours: '-102, and not sent, as in 3.9',
    why: 'Others must not learn what they may not read (CVE-2024-23944).',
    release: '3.8.0',
    inSequences: 'left out',
  },
  {
    case: 'watches of several modes on one path of one connection',
    theirs: 'one mode overrides the other',
    ours: 'each stands for itself, as in 3.9',
    why: 'ZOOKEEPER-4466.',
    release: '3.8.0',
    inSequences: 'left out',
  },
  {
    case: 'checkWatches',
    theirs: 'says yes when any client watches the path',
    ours: 'says yes for the client’s own watches, as 3.9 does',
    why: 'Vivarium follows the newest release.',
    release: '3.8.0',
    inSequences: 'left out',
  },
  {
    case: 'removeWatches of types 1 and 2 (children, data), and of 4 and 5',
    theirs: '1 and 2 remove watches of every mode, 4 and 5 are -5',
    ours: 'each removes its own kind, as in 3.9',
    why: 'Vivarium follows the newest release.',
    release: '3.8.0',
    inSequences: 'left out',
  },
  {
    case: 'check outside a multi',
    theirs: 'is never answered, and harms the tree',
    ours: '-6, and the connection is closed, as in 3.9',
    why: 'Vivarium follows the newest release.',
    release: '3.8.0',
    inSequences: 'left out',
  },
];

/** A difference that the sequences meet, and after which both sides are made alike again. */
export async function explain(context: StepContext): Promise<boolean> {
  return (
    wrongPasswordClosesOwner(context) ||
    undecodedWriteTakesZxid(context) ||
    (await replayedToWhoMayNotRead(context))
  );
}

function undecodedWriteTakesZxid(context: StepContext): boolean {
  const { step, theirs, ours, theirOutcome, ourOutcome } = context;
  if (step.type !== 'send' || !sameElsewhere(context, step.connection)) return false;
  const their = theirOutcome.get(step.connection) ?? [];
  const our = ourOutcome.get(step.connection) ?? [];
  const last = our.at(-1)?.reply;
  if (their.length !== our.length || last?.err !== codes.MARSHALLING_ERROR) return false;
  const [before, after] = [their.at(-1)!, our.at(-1)!];
  const name = operationOf(after.request?.code ?? 0);
  if (name === undefined || operations[name].kind !== 'write') return false;
  if (their.slice(0, -1).some(({ text }, i) => text !== our[i]!.text)) return false;
  const next = theirs.sharedZxid + 1n;
  const expected = before.text.replace(` at z${theirs.sharedZxid} `, ` at z${next} `);
  if (after.text !== expected || ours.sharedZxid !== next) return false;
  ours.alignTo(theirs.sharedZxid);
  return true;
}

/** The ACL is asked by `exists`, which both servers have to refuse. */
async function replayedToWhoMayNotRead(context: StepContext): Promise<boolean> {
  const { step, theirs, ours, theirOutcome, ourOutcome } = context;
  if (step.type !== 'send') return false;
  const listed = new Set(
    step.requests.flatMap(({ about }) => {
      const lists = about?.setWatches;
      return lists === undefined ? [] : [...lists.data, ...lists.exist, ...lists.child];
    }),
  );
  if (listed.size === 0 || !sameElsewhere(context, step.connection)) return false;
  const their = theirOutcome.get(step.connection) ?? [];
  const our = (ourOutcome.get(step.connection) ?? []).map(({ text }) => text);
  const hidden = new Set<string>();
  let at = 0;
  for (const { text, event } of their) {
    if (text === our[at]) at++;
    else if (event !== undefined && event.zxid === -1n && listed.has(event.path)) {
      hidden.add(event.path);
    } else return false;
  }
  if (at < our.length || hidden.size === 0) return false;
  let xid = ASKING_XID;
  for (const path of hidden) {
    const asking: Step = {
      type: 'send',
      connection: step.connection,
      requests: [plainRequest(++xid, 'exists', { path, watch: false })],
    };
    for (const lane of [theirs, ours]) {
      const items = (await lane.perform(asking)).get(step.connection);
      if (items?.[0]?.reply?.err !== codes.NO_AUTH) return false;
    }
  }
  return theirs.sharedZxid === ours.sharedZxid;
}

function sameElsewhere(context: StepContext, connection: number): boolean {
  const { theirOutcome, ourOutcome } = context;
  const text = (outcome: Outcome, number: number) =>
    (outcome.get(number) ?? []).map((item) => item.text).join('\n');
  return [...theirOutcome.keys(), ...ourOutcome.keys()].every(
    (number) => number === connection || text(theirOutcome, number) === text(ourOutcome, number),
  );
}

function wrongPasswordClosesOwner({ step, theirs, ours, ...outcome }: StepContext): boolean {
  if (step.type !== 'connect' || step.session === 'new' || step.password === 'right') return false;
  let explained = false;
  for (const [connection, items] of outcome.theirOutcome) {
    const theirTexts = items.map(({ text }) => text);
    const ourTexts = (outcome.ourOutcome.get(connection) ?? []).map(({ text }) => text);
    if (theirTexts.join('\n') === ourTexts.join('\n')) continue;
    const closedThere = theirTexts.length === 1 && /^closed with 0 /.test(theirTexts[0]!);
    const owner = ours.sessionOf(connection) === step.session;
    if (!closedThere || ourTexts.length > 0 || !owner) return false;
    ours.dropQuietly(connection);
    explained = true;
  }
  return explained && theirs.sharedZxid === ours.sharedZxid;
}

/** What became of a row's probe; `undefined` when it showed what the row says. */
export async function probe(row: Intended, theirs: Lane, ours: Lane): Promise<string | undefined> {
  if (row.probe === undefined) return undefined;
  const [their, our] = await Promise.all([
    outcomeOf(row.probe, theirs.fresh(theirs.lastZxid)),
    outcomeOf(row.probe, ours.fresh(ours.lastZxid)),
  ]);
  const problems: string[] = [];
  if (!row.probe.theirs.test(their)) problems.push(`theirs: ${their}`);
  if (!row.probe.ours.test(our)) problems.push(`ours: ${our}`);
  return problems.length === 0 ? undefined : `${row.case}: ${problems.join('; ')}`;
}

async function outcomeOf({ requests }: Probe, lane: Lane): Promise<string> {
  const connection = 0;
  await lane.perform({
    type: 'connect',
    connection,
    session: 'new',
    password: 'right',
    timeoutMs: 30_000,
    lastZxid: 'none',
    readOnly: false,
  });
  let text = '';
  for (const request of requests) {
    const outcome = await lane.perform({ type: 'send', connection, requests: [request] });
    text = (outcome.get(connection) ?? []).map((item) => item.text).join('\n');
  }
  lane.forgetSessions();
  return text;
}
