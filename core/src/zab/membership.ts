import { type EnsembleSpec, serverOf } from '../config/ensemble.js';
import { readEnsemble, writeEnsemble } from '../config/ensemble-text.js';
import type { ServerSpec } from '../config/servers.js';
import { MalformedError } from '../wire/reader.js';

/**
 * Who is in an ensemble, and which of them together are a quorum: more than half of the
 * participants, or, where there are groups, servers with more than half of the weight in more than
 * half of the groups that have any. Any two quorums have a server in common.
 *
 * Observers never count. A participant of weight 0 takes part in everything, but its vote changes
 * nothing and it does not lead.
 *
 * @see ZooKeeper 3.9 QuorumMaj, QuorumHierarchical
 */
export class Membership {
  readonly spec: EnsembleSpec;
  /** Numbers of the participants, those of weight 0 included. */
  readonly voters: ReadonlySet<number>;
  readonly observers: ReadonlySet<number>;
  /** What `/zookeeper/config` and messages between servers say of it. */
  readonly text: string;
  /** Each voter's weight, and the place of its group in the sums; one holds all without groups. */
  readonly #votes = new Map<number, { readonly group: number; readonly weight: number }>();
  /** For each group the weight that is not enough. */
  readonly #halves: readonly number[];
  /** Count of groups that is not enough. */
  readonly #halfOfGroups: number;
  /** For counting, so that each acknowledgement needs no new array. */
  readonly #sums: number[];

  /** @param spec one of which `ruleProblems` knows nothing */
  constructor(spec: EnsembleSpec) {
    this.spec = spec;
    this.text = writeEnsemble(spec);
    const inRole = (role: ServerSpec['role']) =>
      new Set(spec.servers.filter((server) => server.role === role).map((one) => one.serverId));
    this.voters = inRole('participant');
    this.observers = inRole('observer');
    const groups = [...(spec.groups?.values() ?? [this.voters])];
    const totals = groups.map((serverIds, group) => {
      let total = 0;
      for (const id of serverIds) {
        const weight = spec.groups === undefined ? 1 : (spec.weights.get(id) ?? 1);
        this.#votes.set(id, { group, weight });
        total += weight;
      }
      return total;
    });
    this.#halves = totals.map((total) => total / 2);
    this.#halfOfGroups = totals.filter((total) => total > 0).length / 2;
    this.#sums = totals.map(() => 0);
  }

  /**
   * Reads the text of another server.
   *
   * @throws MalformedError when no ensemble can be made of it
   */
  static parse(text: string): Membership {
    const spec = readEnsemble(text);
    if ('wrong' in spec) {
      throw new MalformedError(`the text of an ensemble cannot be read: ${spec.wrong}`);
    }
    return new Membership(spec);
  }

  get version(): bigint {
    return this.spec.version;
  }

  /** Whether a server's vote, acknowledgement or epoch is asked for. */
  isVoter(serverId: number): boolean {
    return this.voters.has(serverId);
  }

  isObserver(serverId: number): boolean {
    return this.observers.has(serverId);
  }

  /** Whether a server may become the leader: a voter whose weight is not 0. */
  canLead(serverId: number): boolean {
    return (this.#votes.get(serverId)?.weight ?? 0) > 0;
  }

  server(serverId: number): ServerSpec | undefined {
    return serverOf(this.spec, serverId);
  }

  /** Whether some servers are a quorum. Observers and strangers among them count for nothing. */
  hasQuorum(serverIds: Iterable<number> | ReadonlySet<number>): boolean {
    const each = serverIds instanceof Set ? serverIds : new Set(serverIds);
    const sums = this.#sums.fill(0);
    for (const id of each) {
      const vote = this.#votes.get(id);
      if (vote !== undefined) sums[vote.group]! += vote.weight;
    }
    let groups = 0;
    for (let at = 0; at < sums.length; at++) if (sums[at]! > this.#halves[at]!) groups += 1;
    return groups > this.#halfOfGroups;
  }
}
