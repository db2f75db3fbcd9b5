/**
 * The end of all that goes wrong, and what must follow from it:
 *
 * - L1: somebody leads soon; L2: few epochs are begun for it.
 * - L4: those who are whole show the same in the end.
 *
 * Those who are not needed to decide may stay as broken as they are, for ever.
 */
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Witness } from '../inside/witness.js';
import { demand } from '../violation.js';
import { shuffled } from './faults/choices.js';
import type { Keeper } from './keeper.js';
import type { Lasting } from './lasting.js';
import type { SimServer } from './sim-server.js';
import type { Swarm } from './swarm.js';

export interface HealParts {
  readonly kernel: Kernel;
  readonly swarm: Swarm;
  readonly witness: Witness;
  readonly servers: readonly SimServer[];
  readonly lasting: Lasting;
  readonly keeper: Keeper;
}

/** Epochs that may be begun after the heal, one on its way among them. */
const EPOCHS_MAX = 3;
/** Elections may take as long as their timeouts, some times over. */
const ELECTIONS_MS = 10_000;
const LOOK_EVERY_MS = 50;

export class Heal {
  readonly #parts: HealParts;
  #core: readonly SimServer[] = [];
  #healedAt = 0;
  #epochsBefore = 0;
  #ledAt: number | undefined;

  constructor(parts: HealParts) {
    this.#parts = parts;
  }

  /** How long it took until somebody led; undefined before. */
  get electionMs(): number | undefined {
    return this.#ledAt === undefined ? undefined : (this.#ledAt - this.#healedAt) / 1_000;
  }

  /** Whether somebody leads, where there is anything to lead. */
  get isLed(): boolean {
    return this.#parts.witness.ensemble === undefined || this.#ledAt !== undefined;
  }

  /** Who was established last, if it is still up. */
  get leader(): SimServer | undefined {
    const last = this.#parts.witness.ensemble?.established.at(-1)?.subject;
    return this.#parts.servers.find((server) => server === last && server.isUp);
  }

  /** Whether a server may lose all its data: if those who can prove theirs decide without it. */
  mayWipe(server: SimServer): boolean {
    return server.hasJoined && this.#canDecide(this.#allBut([server]));
  }

  /** From now on nothing goes wrong any more among those who are enough to decide. */
  begin(): void {
    const { kernel, witness, servers, lasting, keeper } = this.#parts;
    const frozen = this.#chooseFrozen();
    const names = new Set(frozen.map(({ name }) => name));
    kernel.note(`heal${frozen.map(({ name }) => `, but not ${name}`).join('')}`);
    if (names.size > 0) witness.marks.hit('some-frozen');
    for (const server of servers) {
      server.forgetPlans();
      if (!names.has(server.name)) server.mendDisk();
    }
    lasting.heal(names);
    keeper.heal(servers, new Set(frozen));
    this.#core = this.#allBut(frozen);
    this.#healedAt = kernel.now;
    this.#epochsBefore = witness.ensemble?.leaderships.length ?? 0;
    this.#lookForLeader();
  }

  /**
   * Those of whom everything may be asked: not one that cannot reach the leader, if that is one of
   * the frozen.
   */
  get whole(): readonly SimServer[] {
    const { leader } = this;
    if (leader === undefined || this.#core.includes(leader)) return this.#core;
    return this.#core.filter(({ local: { view } }) => {
      return view?.mode !== 'looking' && view?.mode !== 'read-only';
    });
  }

  /** Whether those who are whole show everything. */
  get isEven(): boolean {
    const { lastZxid } = this.#parts.witness.canon;
    return this.whole.every(({ local }) => local.view?.lastZxid === lastZxid);
  }

  /** @throws Violation */
  judge(): void {
    const { swarm, witness } = this.#parts;
    if (witness.ensemble === undefined) return;
    const { initLimit } = swarm.configs[0]!;
    const limitMs = ELECTIONS_MS + 2 * initLimit * swarm.tickTime;
    const ms = this.electionMs;
    demand(ms !== undefined && ms <= limitMs, 'L1', () => {
      return `nobody led until ${ms} ms after the heal; ${limitMs} should do`;
    });
    const epochs = witness.ensemble.leaderships.length - this.#epochsBefore;
    const full = witness.ensemble.fullEpochs(swarm.configs[0]!.transactionsPerEpoch);
    if (full > 0) witness.marks.hit('epoch-full');
    demand(epochs <= EPOCHS_MAX + full, 'L2', () => `${epochs} epochs were begun after the heal`);
  }

  #lookForLeader(): void {
    const { kernel } = this.#parts;
    const leads = ({ local: { view } }: SimServer) =>
      view?.mode === 'leader' && view.serving === true;
    if (this.#parts.servers.some(leads)) {
      this.#ledAt = kernel.now;
      return;
    }
    kernel.quietly(LOOK_EVERY_MS * 1_000, 'looks for a leader', () => this.#lookForLeader());
  }

  #allBut(some: readonly SimServer[]): SimServer[] {
    return this.#parts.servers.filter((server) => !some.includes(server));
  }

  /** Whether those of them who can prove what they have are a quorum. */
  #canDecide(servers: readonly SimServer[]): boolean {
    const sound = servers.filter(({ isBlank, isInDoubt, hasJoined }) => {
      return !isBlank && !isInDoubt && hasJoined;
    });
    const { ensemble } = this.#parts.witness;
    return ensemble?.members.isQuorum(new Set(sound.map(({ id }) => id))) === true;
  }

  #chooseFrozen(): SimServer[] {
    const { swarm, kernel, servers } = this.#parts;
    if (!swarm.freezes) return [];
    const random = kernel.random('frozen');
    const frozen: SimServer[] = [];
    for (const server of shuffled(servers, random)) {
      const mayFreeze = this.#canDecide(this.#allBut([...frozen, server]));
      if (mayFreeze && random.chance(0.7)) frozen.push(server);
    }
    return frozen;
  }
}
