/**
 * A server's machine with an observer around it, who sees every input and effect of one life, and
 * knows what the disk holds. Those whom it tells judge what only an insider can see.
 */
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch } from '@vivarium/core/internal/seam/inputs';
import { folders } from '@vivarium/core/internal/storage/disk';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { MachineAround } from '../../support/machine-around.js';
import { ClientWatch } from './client-watch.js';
import { DiskWatch } from './disk-watch.js';
import { Entry } from './entry.js';
import { LinkWatch } from './link-watch.js';
import { FILE_HEADER_BYTES, isLogName, recordsIn } from './log-records.js';
import { SessionWatch } from './session-watch.js';
import type { Subject } from './subject.js';
import type { Witness } from './witness.js';

export class WatchedMachine extends MachineAround {
  readonly #subject: Subject;
  readonly #witness: Witness;
  readonly #clients: ClientWatch;
  readonly #sessions: SessionWatch;
  readonly #links: LinkWatch | undefined;
  readonly #disk: DiskWatch;
  #applied = 0n;

  constructor(inner: LocalMachine, subject: Subject, witness: Witness, now: number) {
    super(inner);
    this.#subject = subject;
    this.#witness = witness;
    this.#sessions = new SessionWatch(subject, witness, now);
    this.#clients = new ClientWatch(subject, witness, this.#sessions);
    this.#disk = new DiskWatch(witness.marks);
    const { ensemble } = witness;
    this.#links = ensemble && new LinkWatch(subject, witness, ensemble, this.#sessions);
    this.#looksAtApplied();
  }

  /** The end of the history that this life has been sent, and has to have on disk. */
  get history(): bigint {
    return this.#links?.history ?? 0n;
  }

  /** Its process dies now. */
  dies(): void {
    this.#links?.dies();
  }

  step(batch: Batch, out: Effect[]): void {
    const from = out.length;
    this.#sessions.begins();
    for (const input of batch.inputs) {
      if (input.type === 'polled') this.#sessions.polled();
      if (input.type === 'disk-done') this.#disk.answered(input);
      this.#clients.sees(input, batch.now);
      this.#links?.sees(input, batch.now);
    }
    this.inner.step(batch, out);
    this.#looksAtApplied();
    for (let at = from; at < out.length; at++) {
      const effect = out[at]!;
      if (effect.type === 'disk') this.#disk.asked(effect);
      if (effect.type === 'hold' && effect.held) this.#links?.holds(effect.connection);
      if (effect.type === 'close') this.#links?.closes(effect.connection);
      if (effect.type === 'disk' && effect.lane === 'log') this.#logs(effect, batch.now);
      else if (effect.type !== 'send' || this.#links?.sends(effect, batch.now)) continue;
      else this.#clients.sends(effect.connection, effect.bytes);
    }
    const { serving, mode } = this.view;
    this.#links?.stepped(serving && mode !== 'read-only', batch.now);
  }

  /**
   * Judges what was applied just now. While a leader's tree takes the place of the own one the disk
   * has that already, and the memory shows what was durable until then.
   */
  #looksAtApplied(): void {
    const { lastZxid } = this.inner.view;
    if (lastZxid === this.#applied) return;
    this.#applied = lastZxid;
    this.#witness.applied(this.#subject, lastZxid);
  }

  /** What it wants written into its log; what a leader has sent is none of its own. */
  #logs(effect: Effect & { type: 'disk' }, now: number): void {
    for (const step of effect.steps) {
      if (step.step !== 'write' || !isLogFile(step.file)) continue;
      const from = step.position === 0 ? FILE_HEADER_BYTES : 0;
      for (const { zxid, bytes, end } of recordsIn(step.bytes, from)) {
        if (this.#links?.hasReceived(zxid)) continue;
        const entry = new Entry(zxid, bytes, step.file, end);
        const isMulti = entry.type === txnTypes.multi;
        if (isMulti && this.view.storage.snapshotInProgress) {
          this.#witness.marks.hit('snapshot-under-multi');
        }
        this.#sessions.proposes(entry, now);
      }
    }
    this.#sessions.hasProposed();
  }
}

function isLogFile(file: string): boolean {
  return file.startsWith(folders.logs) && isLogName(file.slice(folders.logs.length));
}
