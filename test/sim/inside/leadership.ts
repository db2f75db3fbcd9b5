/** One server's attempt to lead, under an epoch that nobody else may have. */
import type { Subject } from './subject.js';

export class Leadership {
  readonly subject: Subject;
  readonly epoch: bigint;
  /** Virtual microseconds. */
  readonly begunAt: number;
  /** Who has accepted the epoch, and whose history is known. */
  readonly accepted = new Set<number>();
  /** Who has the history on disk. */
  readonly acked = new Set<number>();
  /** When each of them has said so. */
  readonly ackedAt = new Map<number, number>();
  /** Its history was offered to somebody as the one to come. */
  isOffered = false;
  /** When a quorum was seen to have its history; undefined before. */
  establishedAt: number | undefined;

  constructor(subject: Subject, epoch: bigint, begunAt: number) {
    this.subject = subject;
    this.epoch = epoch;
    this.begunAt = begunAt;
    this.accepted.add(subject.id);
    this.acked.add(subject.id);
  }

  get isEstablished(): boolean {
    return this.establishedAt !== undefined;
  }
}
