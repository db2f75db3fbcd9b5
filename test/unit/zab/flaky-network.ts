/** Byte streams between servers of a simulated world, as TCP has them on a bad day. */
import type { Random } from '@vivarium/core/internal/local/random';

/** Things that happen at times, in order. */
export class Agenda {
  now = 0;
  #count = 0;
  /** A binary heap by time, then by when it was planned. */
  readonly #heap: { at: number; order: number; run: () => void }[] = [];

  plan(at: number, run: () => void): void {
    const heap = this.#heap;
    const event = { at: Math.max(at, this.now), order: this.#count++, run };
    let place = heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  /** Lets happen what is due until then. */
  runTo(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** One life of a server, as the network sees it. */
export interface Place {
  readonly serverId: number;
  opened(connection: number, address: string): void;
  bytes(connection: number, bytes: Uint8Array): void;
  closed(connection: number, reason: string): void;
}

interface End {
  readonly place: Place;
  readonly connection: number;
  isOpen: boolean;
  /** What was sent to this end while nothing came through. */
  readonly waiting: (() => void)[];
  lastAt: number;
  /** Bytes to this end vanish, and nobody is told. */
  isDeaf: boolean;
}

interface Wire {
  readonly ends: [End, End];
}

/** Who is at which address, and what lies between. */
export class FlakyNetwork {
  /** Milliseconds a packet may take, at least and at most. */
  delayMs: readonly [number, number] = [0, 2];
  readonly #agenda: Agenda;
  readonly #random: Random;
  /** A machine without power is in neither of these, one whose process ended in the second. */
  readonly #listeners = new Map<number, Place>();
  readonly #machines = new Set<number>();
  readonly #cut = new Set<string>();
  readonly #wires = new Set<Wire>();
  #accepted = 0;

  constructor(agenda: Agenda, random: Random) {
    this.#agenda = agenda;
    this.#random = random;
  }

  listen(place: Place): void {
    this.#listeners.set(place.serverId, place);
    this.#machines.add(place.serverId);
  }

  /** A process ends: its peers are told, unless the whole machine is off. */
  end(place: Place, isPowerCut: boolean): void {
    this.#listeners.delete(place.serverId);
    if (isPowerCut) this.#machines.delete(place.serverId);
    for (const wire of this.#wires) {
      for (const [at, end] of wire.ends.entries()) {
        if (end.place !== place || !end.isOpen) continue;
        end.isOpen = false;
        if (!wire.ends[1 - at]!.isOpen) this.#wires.delete(wire);
        if (!isPowerCut) this.#finish(wire, 1 - at, 'the other process ended');
      }
    }
  }

  /** Nothing goes from one to the other, or again. What is under way waits. */
  cut(from: number, to: number, isCut: boolean): void {
    const pair = `${from} ${to}`;
    if (isCut) {
      this.#cut.add(pair);
      return;
    }
    if (!this.#cut.delete(pair)) return;
    for (const { ends } of this.#wires) {
      for (const [at, end] of ends.entries()) {
        if (end.place.serverId !== to || ends[1 - at]!.place.serverId !== from) continue;
        for (const run of end.waiting.splice(0)) this.#arrive(end, run);
      }
    }
  }

  isCut(from: number, to: number): boolean {
    return this.#cut.has(`${from} ${to}`);
  }

  /** Some connections break, or go deaf in one direction. */
  hurt(share: number, isDeaf: boolean): void {
    for (const wire of [...this.#wires]) {
      if (!this.#random.chance(share)) continue;
      if (isDeaf) wire.ends[this.#random.between(0, 1)]!.isDeaf = true;
      else for (const at of [0, 1]) this.#finish(wire, at, 'reset', true);
    }
  }

  /** Which packets are lost for good is over. Connections that lost some stay as they are. */
  heal(): void {
    for (const pair of [...this.#cut]) {
      const [from, to] = pair.split(' ').map(Number);
      this.cut(from!, to!, false);
    }
  }

  dial(from: Place, connection: number, to: number, timeoutMs: number): void {
    const startedAt = this.#agenda.now;
    const fail = (reason: string, at: number) =>
      this.#agenda.plan(at, () => from.closed(connection, reason));
    this.#agenda.plan(startedAt + this.#delay(), () => {
      if (this.#listeners.get(from.serverId) !== from) return;
      const blocked = this.isCut(from.serverId, to) || this.isCut(to, from.serverId);
      if (blocked || !this.#machines.has(to)) {
        fail('timeout', startedAt + timeoutMs);
        return;
      }
      const place = this.#listeners.get(to);
      if (place === undefined) {
        fail('refused', this.#agenda.now + this.#delay());
        return;
      }
      const accepted = ++this.#accepted;
      const wire: Wire = { ends: [endOf(from, connection), endOf(place, accepted)] };
      this.#wires.add(wire);
      place.opened(accepted, `host${from.serverId}`);
      this.#toEnd(wire, 0, () => from.opened(connection, `host${to}`));
    });
  }

  send(from: Place, connection: number, bytes: Uint8Array): void {
    const [wire, at] = this.#find(from, connection);
    if (wire === undefined) return;
    const end = wire.ends[1 - at]!;
    if (!end.isOpen) {
      /* Nobody is there any more: the sender is told, if there is a machine to tell it. */
      if (this.#machines.has(end.place.serverId)) this.#finish(wire, at, 'reset');
      return;
    }
    const cutAt = this.#random.chance(0.3) ? this.#random.between(0, bytes.length) : 0;
    for (const piece of [bytes.slice(0, cutAt), bytes.slice(cutAt)]) {
      if (piece.length > 0) {
        this.#toEnd(wire, 1 - at, () => end.place.bytes(end.connection, piece));
      }
    }
  }

  close(from: Place, connection: number): void {
    const [wire, at] = this.#find(from, connection);
    if (wire === undefined) return;
    wire.ends[at]!.isOpen = false;
    this.#finish(wire, 1 - at, 'the other closed it');
    this.#agenda.plan(this.#agenda.now, () => from.closed(connection, 'closed'));
  }

  #finish(wire: Wire, at: number, reason: string, isAbrupt = false): void {
    const end = wire.ends[at]!;
    const run = () => {
      if (!end.isOpen) return;
      end.isOpen = false;
      if (!wire.ends[1 - at]!.isOpen) this.#wires.delete(wire);
      end.place.closed(end.connection, reason);
    };
    if (isAbrupt) this.#agenda.plan(this.#agenda.now + this.#delay(), run);
    else this.#toEnd(wire, at, run);
  }

  #toEnd(wire: Wire, at: number, run: () => void): void {
    const end = wire.ends[at]!;
    if (end.isDeaf) return;
    const from = wire.ends[1 - at]!.place.serverId;
    if (this.isCut(from, end.place.serverId)) end.waiting.push(run);
    else this.#arrive(end, run);
  }

  #arrive(end: End, run: () => void): void {
    end.lastAt = Math.max(end.lastAt, this.#agenda.now + this.#delay());
    this.#agenda.plan(end.lastAt, () => {
      if (end.isOpen) run();
    });
  }

  #delay(): number {
    return this.#random.between(...(this.delayMs as [number, number]));
  }

  #find(place: Place, connection: number): [Wire | undefined, number] {
    for (const wire of this.#wires) {
      for (const at of [0, 1]) {
        const end = wire.ends[at]!;
        if (end.place === place && end.connection === connection)
          return [end.isOpen ? wire : undefined, at];
      }
    }
    return [undefined, 0];
  }
}

function endOf(place: Place, connection: number): End {
  return { place, connection, isOpen: true, waiting: [], lastAt: 0, isDeaf: false };
}
