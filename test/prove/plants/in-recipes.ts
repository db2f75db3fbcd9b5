/** Bugs inside the recipes: what is built of them, with some words changed. */
import { type RecipePlant, rewritten } from './rewritten.js';

/** In what all of them are made of: a node of a session, and a queue of such nodes. */
const inHolds: readonly RecipePlant[] = [
  rewritten(
    'whoever made a node, its name is enough to take it for the own one',
    ['shared/protected-create.js', 'desk.nextGuid(session.id)', 'desk.nextGuid(0n)'],
    [
      'shared/protected-create.js',
      'path === undefined || stat?.ephemeralOwner !== session.id',
      'stat === undefined',
    ],
    [
      'hold/node-hold.js',
      "stat.ephemeralOwner !== this.#session.id)\n                return 'revoked';",
      "false)\n                return 'revoked';",
    ],
  ),
  rewritten('a node is left where it is when its hold is released', [
    'hold/node-hold.js',
    "if (how !== 'revoked' &&",
    "if (how === 'lost' &&",
  ]),
  rewritten('a hold is certain until somebody says that its session has ended', [
    'hold/node-hold.js',
    'if (this.#isOpen && !this.#zk.isCertain(this.#session.id))',
    'if (this.#isOpen && this.#session.ended.aborted)',
  ]),
  rewritten('a guarded write does not ask whether the hold is still there', [
    'hold/node-hold.js',
    "{ op: 'check', path: this.path }",
    "{ op: 'check', path: '/' }",
  ]),
  rewritten('whoever is in line overlooks the one directly before', [
    'shared/queue.js',
    'compareSequences(sequence, own) < 0 &&',
    'compareSequences(sequence, own) < -1 &&',
  ]),
  rewritten('the departure of the one before is taken for the own turn', [
    'shared/come-first.js',
    "await nextChange(zk, session, path, signal, { kind: 'children' });",
    "await nextChange(zk, session, path, signal, { kind: 'children' }); return 'first';",
  ]),
  rewritten('a creation that was not answered is done again without a look', [
    'shared/protected-create.js',
    'children.find((each) => each.startsWith(mark))',
    'undefined',
  ]),
  rewritten('what may have been created is left when its request is given up', [
    'shared/protected-create.js',
    'if (isInDoubt)',
    'if (false)',
  ]),
];

const inLocks: readonly RecipePlant[] = [
  rewritten('who reads does not wait for who writes', [
    'lock/lock-queues.js',
    "label: '__READ__', labels: WRITERS",
    "label: '__READ__', labels: []",
  ]),
  rewritten('who writes does not wait for who reads', [
    'lock/lock-queues.js',
    "label: '__WRIT__', labels: [...WRITERS, ...READERS]",
    "label: '__WRIT__', labels: WRITERS",
  ]),
  rewritten('an upgrade does not wait for the readers', [
    'lock/upgrade.js',
    'compareSequences(sequence, first.sequence) < 0',
    'compareSequences(sequence, first.sequence) > 0',
  ]),
  rewritten('an upgrade has a token of its own', [
    'lock/upgrade.js',
    '{ ...standing, czxid: reader.token.zxid }',
    'standing',
  ]),
];

const inElections: readonly RecipePlant[] = [
  rewritten('a leader that withdraws leads on', [
    'hold/serve-hold.js',
    "signal.addEventListener('abort', release);",
    '',
  ]),
  rewritten('the lead is handed over before the work has ended', [
    'election/lead.js',
    'await endOf(',
    'void endOf(',
  ]),
];

const inPermits: readonly RecipePlant[] = [
  rewritten('the first that waits for permits does not look at who leaves', [
    'permits/permit-turn.js',
    "kind: 'children', isSame: isListSame",
    "kind: 'data', isSame: () => true",
  ]),
  rewritten('there is one permit more than there should be', [
    'permits/permit-turn.js',
    'place.before + permits <= limit',
    'place.before + permits <= limit + 1',
  ]),
  rewritten('a request for many permits counts as one', [
    'permits/placement.js',
    'before += permitsOf(name);',
    'before += 1;',
  ]),
];

const inBarriers: readonly RecipePlant[] = [
  rewritten('whoever waits at a double barrier does not look whether it is counted', [
    'double-barrier/barrier-watch.js',
    '{ watch: this.#spend, session',
    '{ session',
  ]),
  rewritten('a double barrier lets its members pass when one is missing', [
    'double-barrier/enter.js',
    'members.length >= size',
    'members.length >= size - 1',
  ]),
  rewritten('a cohort is formed with those who have gone meanwhile', [
    'double-barrier/barrier-node.js',
    '[...checks, {',
    '[{',
  ]),
  rewritten('a cohort is said to be gone when whoever has left is told of anything', [
    'double-barrier/node-cohort.js',
    'if (this.#inForce(now) !== undefined)',
    'if (!this.#isLeft && this.#inForce(now) !== undefined)',
  ]),
];

const inValues: readonly RecipePlant[] = [
  rewritten('a change that was not answered is made again', [
    'shared/write-outcome.js',
    "mark.version === marker.version ? 'not written' : mark",
    "mark.version === marker.version ? 'not written' : 'not written'",
  ]),
  rewritten('a change that was not answered is taken for made', [
    'shared/write-outcome.js',
    "mark.version === marker.version ? 'not written' : mark",
    'mark.version === marker.version ? mark : mark',
  ]),
  rewritten('a change is made whatever was written since the look', [
    'shared/change-once.js',
    "{ op: 'set', path, data: bytes, version: node.version }",
    "{ op: 'set', path, data: bytes }",
  ]),
  rewritten('a change in doubt is made again in the next session', [
    'shared/write-outcome.js',
    "isSame ? 'not written' : 'unknown'",
    "isSame ? 'not written' : 'not written'",
  ]),
];

const inGroups: readonly RecipePlant[] = [
  rewritten('a group is looked at again only when somebody comes or goes', [
    'group/group-view.js',
    'a.id === b?.id && a.stat === b.stat &&',
    'a.id === b?.id &&',
  ]),
  rewritten('a member does not write what it shows from now on', [
    'group/node-membership.js',
    'if (!isSame(data, this.#bytes))',
    'if (false)',
  ]),
  rewritten('a member that leaves is still there', [
    'shared/clean-ups.js',
    'if (stat?.ephemeralOwner !== session)',
    'if (stat?.ephemeralOwner === session)',
  ]),
];

const inWork: readonly RecipePlant[] = [
  rewritten('a job is claimed whatever has happened to it since the look', [
    'work-queue/claim-job.js',
    "{ op: 'set', path, data: bytes, version: stat.version }",
    "{ op: 'set', path, data: bytes }",
  ]),
  rewritten('a job whose putting was not answered is put again', [
    'work-queue/put-job.js',
    'return isPut ? id : undefined;',
    'return undefined;',
  ]),
  rewritten('a worker is not told that its partition is to go to another', [
    'partitions/partition-worker.js',
    'own.revoke();',
    'own;',
  ]),
];

/** What is found only by programs that use the recipes. */
export const recipePlants: readonly RecipePlant[] = [
  ...inHolds,
  ...inLocks,
  ...inElections,
  ...inPermits,
  ...inBarriers,
  ...inValues,
  ...inGroups,
  ...inWork,
];
