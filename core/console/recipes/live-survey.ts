import type { ReadonlySignal } from '@preact/signals';
import type { Client, WatchEvent } from '@vivarium/core';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import { parentPath } from '../paths.js';
import type { Liveness } from '../tree/live-tree.js';
import { lookAt, lookAtChildren } from './look-at.js';
import { Survey } from './survey.js';

/** Changes are looked at together so often. */
const TICK_MS = 400;
/** Nodes that are looked at again in one go; more wait for the next. */
const PER_TICK = 40;
/** More that wait are dropped, and the page says so. */
const DUE_MAX = 2_000;
/** Children that are looked at where names do not tell. */
const SAMPLE = 8;
/** A long list is read again the more seldom. */
const MS_PER_NAME = 0.05;
const POLL_MS = 5_000;
/** How long one that is gone is still to be seen. */
const GONE_MS = 8_000;

/**
 * Keeps what a survey has found as it is: a change below one that was found, and a new node
 * anywhere below the root, is looked at again, a bounded number at a time.
 */
export class LiveSurvey {
  readonly survey: Survey;
  /** Whether somebody looks: while nobody does, changes are only noted. */
  isSeen = true;
  readonly #zk: Client;
  readonly #liveness: ReadonlySignal<Liveness>;
  readonly #due = new Set<string>();
  readonly #notBefore = new Map<string, number>();
  readonly #ends: (() => void)[] = [];
  #isAtIt = false;
  #polledAt = 0;
  #hasDropped = false;

  constructor(zk: Client, root: string, liveness: ReadonlySignal<Liveness>) {
    this.#zk = zk;
    this.#liveness = liveness;
    this.survey = new Survey(zk, root);
    const events = zk.events$.subscribe((event) => this.#heard(event));
    let generation = zk.generation;
    const states = zk.state$.subscribe(({ type }) => {
      if (type !== 'connected' || zk.generation === generation) return;
      generation = zk.generation;
      // What happened while away was told to nobody.
      for (const path of this.survey.found.keys()) this.#mark(path);
      if (this.survey.state.peek().phase === 'failed') void this.survey.goOn();
    });
    const timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#ends.push(
      () => events.unsubscribe(),
      () => states.unsubscribe(),
      () => clearInterval(timer),
      () => this.survey.stop(),
    );
    void this.survey.goOn();
  }

  /** Whether more changed at once than could be looked at. */
  get hasDropped(): boolean {
    return this.#hasDropped;
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  #heard({ type, path }: WatchEvent): void {
    const { root, found } = this.survey;
    const parent = parentPath(path);
    const isBelow = root === '/' || path === root || path.startsWith(`${root}/`);
    if (!isBelow) return;
    const near = [path, parent, parentPath(parent)].find((each) => found.has(each));
    if (near !== undefined) {
      this.#mark(near);
      if (near === path || type !== 'nodeCreated') return;
    }
    if (type === 'nodeCreated' && near === undefined) this.#mark(parent);
    if (type === 'nodeCreated' || type === 'nodeDataChanged') this.#mark(path);
  }

  #mark(path: string): void {
    if (this.#due.size < DUE_MAX) this.#due.add(path);
    else this.#hasDropped = true;
  }

  async #tick(): Promise<void> {
    if (this.#isAtIt || !this.isSeen || document.hidden || this.#zk.state.type !== 'connected')
      return;
    this.#isAtIt = true;
    this.survey.forget(GONE_MS);
    const now = performance.now();
    if (this.#liveness.peek() === 'polled' && now - this.#polledAt > POLL_MS) {
      this.#polledAt = now;
      for (const path of [...this.survey.found.keys()].slice(0, DUE_MAX)) this.#mark(path);
    }
    const ready: string[] = [];
    for (const path of this.#due) {
      if (ready.length === PER_TICK) break;
      if ((this.#notBefore.get(path) ?? 0) <= now) ready.push(path);
    }
    for (const path of ready) this.#due.delete(path);
    await Promise.all(ready.map((path) => this.#look(path).catch(() => this.#mark(path))));
    this.#isAtIt = false;
  }

  async #look(path: string): Promise<void> {
    const { survey } = this;
    const seen = await lookAt(this.#zk, path);
    if (seen === undefined) {
      this.#notBefore.delete(path);
      survey.gone(path);
      return;
    }
    const { length } = seen.look.names;
    if (this.#notBefore.size > DUE_MAX) this.#notBefore.clear();
    this.#notBefore.set(path, performance.now() + TICK_MS + length * MS_PER_NAME);
    const [first] = recognise(seen.look);
    const isKnown = length === 0 || (first !== undefined && first.sure !== 'possible');
    survey.take(isKnown ? seen : await lookAtChildren(this.#zk, seen, SAMPLE));
  }
}

const surveys = new WeakMap<Client, LiveSurvey>();

/** The survey of a client, which ends when another root is asked for. */
export function surveyOf(zk: Client, root: string, liveness: ReadonlySignal<Liveness>): LiveSurvey {
  const known = surveys.get(zk);
  if (known?.survey.root === root) return known;
  known?.end();
  const made = new LiveSurvey(zk, root, liveness);
  surveys.set(zk, made);
  return made;
}

/** Begins anew. */
export function forgetSurvey(zk: Client): void {
  surveys.get(zk)?.end();
  surveys.delete(zk);
}
