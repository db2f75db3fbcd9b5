/**
 * Situations that a simulator which is worth anything gets into now and then. Each is noted when it
 * is seen; one that is never seen in thousands of runs means that something is not tried any more.
 */
import { recipeMarks } from './recipe-marks.js';

export const worldMarks = {
  // How a learner gets its leader's history.
  'diff-empty': 'a learner lacked nothing',
  'diff-some': 'a learner was sent what it lacked',
  trunc: 'a learner was told to forget what nobody else has',
  'trunc-and-more': 'behind that it was sent what it lacked',
  'from-logs': 'a learner was sent what its leader did not have in memory any more',
  snap: 'a learner was sent a whole tree',
  'snap-and-more': 'behind that it was sent what had happened meanwhile',
  'diff-done': 'a learner had its history by a difference',
  'trunc-done': 'a learner had its history after a cut',
  'snap-done': 'a learner had its history from a tree',
  'diff-interrupted': 'a learner died while it got a difference',
  'trunc-interrupted': 'a learner died while it cut its log',
  'snap-interrupted': 'a learner died while it got a tree',
  'snap-waits-for-disk': 'a tree came faster than the disk of its learner could take it',
  'observer-diff': 'an observer got a difference',
  'observer-snap': 'an observer got a tree',
  'undecided-in-sync': 'a learner was sent what nobody had decided yet, before NEWLEADER',
  'rot-found': 'a server started without what had changed on its disk by itself',
  'rot-refused': 'a server would not start with what had changed on its disk by itself',
  'rotten-is-back': 'a server whose disk had changed by itself was brought up to date',
  'blank-is-back': 'a server that had lost all data has it again',

  // Leaders and their epochs.
  'leader-again': 'the same server led again',
  'leader-changes': 'another server led',
  'three-leaders': 'three leaders were established within a minute',
  'epoch-unused': 'an epoch was proposed, and its leader never established',
  'epoch-accepted-before': 'a learner had accepted the epoch over an earlier link',
  'epoch-full': 'an epoch had no room for more, and the next one began',
  'stale-leader-proposes': 'a leader proposed something when a later one was established',
  'undecided-survives': 'what the last leader had not committed was committed by the next',
  'undecided-lost': 'what a leader had not committed was cut off',
  'commit-ahead-of-own-disk': 'a leader committed what its own disk did not have yet',
  'leader-dies': 'a leader died',
  'follower-dies': 'a follower died',
  'observer-dies': 'an observer died',
  'looker-dies': 'a server died while it looked for a leader',
  'dies-before-commit': 'a leader died when a quorum had acknowledged, before it said so',
  'dies-before-reply': 'a leader died when it had said COMMIT, before it could answer its client',
  'dies-before-epoch': 'a follower died with the history on disk, before the epoch was',
  'dies-before-uptodate': 'a follower died when it had acknowledged the history, before it served',
  'all-down': 'no server was up',
  'steps-down': 'a server that had a role looked for a leader again',
  'learner-left': 'a leader gave a learner up',

  // Elections.
  'vote-by-number': 'histories were equal, and numbers decided',
  'vote-by-zxid': 'a longer history decided',
  'vote-by-epoch': 'a later epoch decided',
  'vote-in-doubt': 'a server said that its history is no proof',
  'round-again': 'a round of an election had no result',
  'late-joiner': 'a server that looked was told who leads',
  'waits-empty': 'a server without data waited for others',
  'no-link': 'a server could not be reached for an election',

  // Sessions.
  'session-through-learner': 'a session began at a learner',
  'close-through-learner': 'a session ended at a learner',
  'session-moved': 'a client went on with its session at another server',
  'session-survives-leader': 'a session outlived a leader',
  'session-refused': 'a client came back to a session that had ended',
  'session-expired': 'a leader ended a session that was silent',
  'expired-at-learner': 'the silent client had spoken to a learner last',
  revalidated: 'a leader let a client go on with its session at a learner',
  'not-revalidated': 'a leader did not let a client go on',
  'moved-request-refused': 'a request came through a server that its session had left',
  'client-ahead': 'a client had seen more than the server that it came to',
  'ping-late': 'a client waited for half a second and more for the answer to a ping',
  'ping-after-pause': 'a server answered a ping that had come while it was stopped in its tracks',
  'ended-on-the-way-back': 'a session ended while its client was on its way back to it',

  'session-local': 'a session began that one server alone knew',
  'session-upgraded': 'such a session became one that all know, since it was to own something',

  'read-only-answers': 'a server that found no leader answered a read',
  'read-only-refuses': 'a server that found no leader refused a sync',

  // Watches.
  'created-meanwhile': 'a client that was back heard that a node had been created',
  'deleted-meanwhile': 'a client that was back heard that a node had been deleted',
  'changed-meanwhile': 'a client that was back heard that a node had changed',
  'children-meanwhile': 'a client that was back heard that children had come or gone',
  'watch-carried-over': 'a watch that was set at one server fired at another',

  // Plots.
  'plot-coup': 'a leader was left behind that did not know, and another led',
  'plot-late': 'a session began while a server was away, which was to lead',
  'plot-move': 'a client left a server behind, with what it had asked for there',
  'plot-mute': 'a learner was not heard, and heard its leader',
  'plot-sleep': 'a leader slept until there was another one',

  // Requests.
  'sync-at-learner': 'a sync came to a learner',
  'sync-over-election': 'a leader was established while a sync waited',
  'read-behind': 'a read showed less than had been committed when it was asked',
  'unknown-happened': 'a write whose answer was lost had happened',
  'unknown-lost': 'a write that was never answered had not happened',
  'write-through-learner': 'a write came through a follower',
  'write-through-observer': 'a write came through an observer',
  'multi-refused': 'a multi changed nothing',
  'removed-by-server': 'a container or a node whose time was over was removed',

  // Disks and starts.
  'snapshot-taken': 'a server took a snapshot',
  'snapshot-under-multi': 'a multi was applied while a snapshot was written',
  'log-purged': 'a log was removed that nobody needs',
  'torn-tail': 'a start cut off what was half written',
  'damaged-snapshot': 'a recovery passed a snapshot over that was not whole',
  'start-fails': 'a start ended with an error of the disk',
  'start-without-power': 'the power went during a start',
  'start-finishes-install': 'a start put a tree in its place that had come before',
  'start-after-announcement': 'a start found an epoch that was announced and not begun',
  'no-room-for-log': 'there was no room for the log',
  'no-room-for-snapshot': 'there was no room for a snapshot',
  'no-room-for-epoch': 'there was no room for an epoch',
  'error-in-log': 'the disk failed under the log',
  'error-in-snapshot': 'the disk failed under a snapshot',
  'error-in-epoch': 'the disk failed under an epoch',
  'slow-flush': 'a flush took longer than it should',

  // What hosts seldom do, and may.
  'odd-short-read': 'a server was handed what it read in small pieces',
  'odd-late-answer': 'a server was told late that its disk was done',
  'odd-idle-step': 'a server was woken for nothing',
  'odd-one-by-one': 'a server was handed one thing at a time',
  'odd-snapshot': 'somebody asked a server for a snapshot',
  'odd-slow': 'a connection was said to be slow for a while',
  'few-committed-kept': 'a server kept few committed transactions in memory',
  'snapshots-forced': 'a leader sent trees only',

  // Sizes.
  alone: 'a server stood alone',
  'one-voter': 'one server decided for all',
  even: 'an even number of servers voted',
  'five-or-more': 'five servers or more voted',
  groups: 'servers voted in groups',
  observers: 'some servers only looked on',
  'some-frozen': 'some stayed broken to the end',
} as const;

export const marks = { ...worldMarks, ...recipeMarks };

export type Mark = keyof typeof marks;

/** What was seen in one run, or in several. */
export class Marks {
  readonly #counts = new Map<Mark, number>();

  hit(mark: Mark): void {
    this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + 1);
  }

  count(mark: Mark): number {
    return this.#counts.get(mark) ?? 0;
  }

  add(other: Marks): void {
    for (const [mark, count] of other.#counts) this.#counts.set(mark, this.count(mark) + count);
  }

  /** Those that were not seen. */
  get missing(): readonly Mark[] {
    return (Object.keys(marks) as Mark[]).filter((mark) => !this.#counts.has(mark));
  }
}
