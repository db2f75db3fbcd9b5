/** The clients of a run, and the programs that use them. */
import type { Client } from '@vivarium/core';
import { createClient } from '@vivarium/core/internal/client/client';
import { parseConnectString } from '@vivarium/core/internal/client/connect-string';
import { LocalClientHost } from '@vivarium/core/internal/local/client-host';
import { endSession } from '@vivarium/core/internal/local/end-session';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import { MortalHost } from '@vivarium/core/internal/local/mortal-host';
import type { Network } from '@vivarium/core/internal/local/network';
import type { Random } from '@vivarium/core/internal/local/random';
import type { ApiRecord } from '../judges/api-record.js';
import { CREDENTIAL } from '../judges/permissions.js';
import type { RecipeJudges } from '../judges/recipes/recipe-judges.js';
import type { Marks } from '../marks.js';
import { Actor } from '../programs/actor.js';
import { Envoy } from '../programs/envoy.js';
import { lookOn } from '../programs/onlooker.js';
import { playsOf } from '../programs/recipes/play.js';
import type { RecipesModule } from '../programs/recipes/player.js';
import type { Script } from '../script.js';
import type { History } from './history.js';
import { recordedHost } from './recorded-host.js';
import type { Swarm } from './swarm.js';

export interface ParticipantsParts {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly swarm: Swarm;
  /** Where the servers are. */
  readonly connectString: string;
  readonly history: History;
  readonly script: Script;
  readonly record: ApiRecord;
  readonly recipes: RecipesModule;
  readonly judges: RecipeJudges;
  readonly marks: Marks;
  /** False from the heal on: nobody begins anything new then. */
  readonly goesOn: () => boolean;
  /** A program broke. */
  readonly failed: (error: unknown) => void;
}

/** A client and its programs. */
interface Participant {
  readonly place: string;
  readonly host: LocalClientHost;
  readonly mortal: MortalHost;
  readonly zk: Client;
  /** Whether it has shown credentials. */
  readonly isKnown: boolean;
  isDone: boolean;
}

export class Participants {
  readonly #parts: ParticipantsParts;
  readonly #all: Participant[] = [];
  readonly #envoys: Envoy[] = [];
  readonly #note: (line: string) => void;
  readonly #plays: ReturnType<typeof playsOf>;
  #strangers = 0;
  #onlookers = 0;

  constructor(parts: ParticipantsParts) {
    this.#parts = parts;
    this.#note = (line) => parts.kernel.note(line);
    this.#plays = playsOf(parts.kernel.random('recipes'), parts.judges.cohorts.size);
  }

  /** Those who are alive. */
  get live(): readonly Participant[] {
    return this.#all.filter(({ mortal }) => mortal.isAlive);
  }

  /** How many died before they said a word on a connection to a server that they had opened. */
  neverHeardOf(server: string): number {
    const { connections } = this.#parts.history;
    const dead = this.#all.filter(({ mortal }) => !mortal.isAlive);
    const last = dead.map(({ place }) => connections.findLast(({ client }) => client === place));
    return last.filter((each) => each?.server === server && each.greeting === undefined).length;
  }

  /** Those whose programs have not ended: their places, and what their clients are at. */
  get late(): readonly string[] {
    const late = this.live.filter(({ isDone }) => !isDone);
    const who = late.map(({ place, zk }) => {
      return `${place} (${zk.state.type}, ${zk.stats().inFlight})`;
    });
    return this.#onlookers === 0 ? who : [...who, 'an onlooker'];
  }

  /** What those wait for whose clients are connected. */
  get waits(): readonly string[] {
    const late = this.live.filter(({ isDone, zk }) => !isDone && zk.state.type === 'connected');
    return this.#parts.judges.waits.of(late.map(({ place }) => place));
  }

  /** The sessions of those who are alive, with their places. */
  get sessions(): ReadonlyMap<bigint, string> {
    return new Map(
      this.live.flatMap(({ zk, place }) => (zk.session ? [[zk.session.id, place]] : [])),
    );
  }

  /** Whether all programs have ended. */
  get areDone(): boolean {
    return this.#onlookers === 0 && this.live.every(({ isDone }) => isDone);
  }

  /** Somebody begins. */
  join(sessionTimeoutMs: number): void {
    const { kernel, swarm, network, history, connectString } = this.#parts;
    const place = `c${this.#all.length + 1}`;
    const random = kernel.random(`participant ${place}`);
    const host = new LocalClientHost({ kernel, network, name: place });
    const mortal = new MortalHost(
      recordedHost(host, place, history, this.#note),
      (run) => void kernel.after(1, `${place} goes on`, run),
    );
    const clock = 'monotonic' as const;
    const options = { sessionTimeoutMs, clock, graceMs: random.pick([0, 200]) };
    const zk = createClient(parseConnectString(connectString), options, mortal);
    // The first requests of all: whoever is known is known from the start of each connection.
    const isKnown = random.chance(0.5);
    if (isKnown) zk.addAuth(CREDENTIAL).catch(() => {});
    const participant = { place, host, mortal, zk, isKnown, isDone: false };
    this.#all.push(participant);
    Promise.all(this.#programs(participant, random.chance(swarm.holders))).then(
      () => {
        participant.isDone = true;
      },
      (error: unknown) => this.#parts.failed(error),
    );
  }

  /** Somebody looks on who takes old answers too: what it hears is written down nowhere. */
  lookOn(marks: Marks): void {
    const { kernel, network, connectString, goesOn, failed } = this.#parts;
    const name = `o${++this.#strangers}`;
    const host = new LocalClientHost({ kernel, network, name });
    const options = { clock: 'monotonic', readOnly: true, sessionTimeoutMs: 1_000 } as const;
    const zk = createClient(parseConnectString(connectString), options, host);
    const random = kernel.random(`onlooker ${name}`);
    this.#onlookers++;
    lookOn({ zk, random, marks, goesOn }).then(() => void this.#onlookers--, failed);
  }

  /** A client of one server alone, who may see as much as anybody. */
  visit(connectString: string): { readonly zk: Client; readonly leave: () => void } {
    const { kernel, network, history } = this.#parts;
    const name = `v${++this.#strangers}`;
    const host = new LocalClientHost({ kernel, network, name });
    const recorded = recordedHost(host, name, history, this.#note);
    const zk = createClient(parseConnectString(connectString), { clock: 'monotonic' }, recorded);
    zk.addAuth(CREDENTIAL).catch(() => {});
    return { zk, leave: () => void zk.close() };
  }

  /** Somebody who does what a plot says, and whose words are recorded. */
  envoy(sessionTimeoutMs: number): Envoy {
    const { kernel, network, history } = this.#parts;
    const name = `e${++this.#strangers}`;
    const host = new LocalClientHost({ kernel, network, name });
    const envoy = new Envoy(name, recordedHost(host, name, history, this.#note), sessionTimeoutMs);
    this.#envoys.push(envoy);
    return envoy;
  }

  /** All envoys go home: from now on nothing is heard of them. */
  recall(): void {
    for (const envoy of this.#envoys) envoy.leave();
  }

  /** The place of somebody who is alive. */
  anyPlace(random: Random): string | undefined {
    const { live } = this;
    return live.length === 0 ? undefined : random.pick(live).place;
  }

  /** Stops somebody's process in its tracks; what it returns lets it go on. */
  pause(place: string): () => void {
    const mortal = this.#at(place)?.mortal;
    this.#note(`${place} is paused`);
    mortal?.pause();
    return () => mortal?.resume();
  }

  /** Somebody's process dies without a word to anybody; another begins. */
  forsake(place: string, random: Random): void {
    const participant = this.#at(place);
    if (participant === undefined) return;
    participant.mortal.die(random.chance(0.5));
    this.join(participant.zk.sessionTimeoutMs || 1_000);
  }

  /** A stranger ends somebody's session; false when it has none. */
  expire(place: string): boolean {
    const key = this.#at(place)?.host.key;
    if (key === undefined) return false;
    const { kernel, network, history, judges } = this.#parts;
    judges.ended.add(key.sessionId);
    const name = `x${++this.#strangers}`;
    const host = new LocalClientHost({ kernel, network, name });
    void endSession(recordedHost(host, name, history, this.#note), key);
    return true;
  }

  #at(place: string): Participant | undefined {
    return this.#all.find((each) => each.place === place);
  }

  #programs({ place, zk, mortal }: Participant, isHolder: boolean): Promise<void>[] {
    const { kernel, swarm, record, recipes, judges, marks, script, goesOn } = this.#parts;
    const random = kernel.random(`actor ${place}`);
    const program = { name: place, zk, random, isLive: () => mortal.isAlive, goesOn };
    const works = [new Actor({ ...program, record, swarm, kernel, script }).act()];
    for (const game of isHolder ? swarm.games : []) {
      const thing = `${place}.${game}`;
      if (!script.has(thing)) continue;
      script.did(thing, kernel.now, `plays ${game}`);
      const random = kernel.random(`plays ${thing}`);
      works.push(this.#plays[game]({ ...program, random, recipes, judges, marks }));
    }
    return works;
  }
}
