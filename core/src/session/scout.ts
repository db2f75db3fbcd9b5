import type { Millis } from '../base/ids.js';
import { readConnectResponse } from '../wire/connect.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { attemptMs } from './attempt.js';
import { writeQuestion } from './greeting.js';
import type { SessionInput, TransportInput } from './inputs.js';
import type { Progress } from './progress.js';
import { ReplyFrames } from './reply-frames.js';
import type { ServerChoice } from './server-choice.js';
import type { SessionSettings } from './settings.js';
import type { Tray } from './tray.js';

/** Longest wait before the first question, and before later ones, which come ever more rarely. */
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 10_000;

/**
 * Looks for a server that takes writes while the session is with one that only answers reads. It
 * asks one server after the other, over a connection of its own whose attempts have negative
 * numbers, in waits that grow with each round; the session goes on meanwhile.
 *
 * The question is a greeting that only a server which takes writes, and is not behind what we have
 * seen, answers. No session begins by it.
 */
export class Scout<Token> {
  readonly #tray: Tray<Token>;
  readonly #choice: ServerChoice;
  readonly #settings: SessionSettings;
  #attempt = 0;
  #isAsking = false;
  /** The server that is asked, or was last. */
  #server = 0;
  /** The one that the session is with. */
  #home = 0;
  #asked = 0;
  #hasFound = false;
  /** When to ask next, or when the answer must be there. */
  #dueAt = Number.POSITIVE_INFINITY;
  #frames = new ReplyFrames(0);

  constructor(tray: Tray<Token>, choice: ServerChoice, settings: SessionSettings) {
    this.#tray = tray;
    this.#choice = choice;
    this.#settings = settings;
  }

  get wakeAt(): Millis {
    return this.#dueAt;
  }

  /** The session is with a server that only answers reads. */
  begin(home: number): void {
    this.#home = home;
    this.#server = home;
    this.#asked = 0;
    this.#wait();
  }

  /** The session is not with that server any more. */
  stop(): void {
    this.#hangUp();
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#hasFound = false;
  }

  /** False for all but news of an attempt with a negative number. */
  took(input: SessionInput<Token>, progress: Progress): boolean {
    if (!('attempt' in input) || input.attempt >= 0 || input.type === 'host-ping') return false;
    if (input.attempt === this.#attempt && this.#isAsking) this.#take(input, progress);
    return true;
  }

  /** Does what is due. True when a server takes writes, which is then the next to be tried. */
  step(): boolean {
    if (this.#hasFound || this.#tray.now < this.#dueAt) return this.#hasFound;
    if (this.#isAsking) {
      this.#hangUp();
      this.#wait();
    } else {
      this.#ask();
    }
    return false;
  }

  #take(input: TransportInput, progress: Progress): void {
    if (input.type === 'transport-opened') {
      const to = new Writer(64);
      writeQuestion(to, this.#settings.timeoutMs, progress.lastZxidSeen);
      this.#tray.out.push({ type: 'send', attempt: this.#attempt, bytes: to.copy() });
    } else if (input.type === 'transport-closed') {
      this.#isAsking = false;
      this.#wait();
    } else {
      this.#hear(input.bytes);
    }
  }

  #ask(): void {
    const { count } = this.#choice;
    this.#server = this.#choice.after(this.#server);
    if (this.#server === this.#home) this.#server = this.#choice.after(this.#server);
    this.#attempt--;
    this.#asked++;
    this.#isAsking = true;
    this.#frames = new ReplyFrames(this.#settings.maxFrameBytes);
    this.#dueAt = this.#tray.now + attemptMs(this.#settings.timeoutMs, count);
    this.#tray.out.push({ type: 'open', attempt: this.#attempt, server: this.#server });
  }

  #hear(bytes: Uint8Array): void {
    this.#frames.push(bytes);
    try {
      const frame = this.#frames.next();
      if (frame === undefined) return;
      const { readOnly } = readConnectResponse(new Reader(frame.bytes));
      if (readOnly !== true) this.#hasFound = this.#choice.prefer(this.#server);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
    this.#hangUp();
    this.#wait();
  }

  #hangUp(): void {
    if (this.#isAsking) this.#tray.out.push({ type: 'disconnect', attempt: this.#attempt });
    this.#isAsking = false;
  }

  #wait(): void {
    const others = Math.max(1, this.#choice.count - 1);
    const round = Math.min(Math.floor(this.#asked / others), 10);
    const most = Math.min(FIRST_WAIT_MS * 2 ** round, MAX_WAIT_MS);
    this.#dueAt = this.#tray.now + this.#choice.someOf(most);
  }
}
