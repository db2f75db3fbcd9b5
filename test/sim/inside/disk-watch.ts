/** Notes under what a disk has failed. */
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Input } from '@vivarium/core/internal/seam/inputs';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import type { Mark, Marks } from '../marks.js';

type What = 'log' | 'snapshot' | 'epoch';

export class DiskWatch {
  readonly #marks: Marks;
  /** What each request is about that was not answered yet. */
  readonly #asked = new Map<number, What>();

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  asked({ id, steps }: Effect & { readonly type: 'disk' }): void {
    this.#asked.set(id, whatOf(steps));
    const purges = steps.some((step) => step.step === 'remove' && /^logs\/log\./.test(step.file));
    if (purges) this.#marks.hit('log-purged');
  }

  answered({ id, failure }: Input & { readonly type: 'disk-done' }): void {
    const what = this.#asked.get(id) ?? 'log';
    this.#asked.delete(id);
    if (failure === undefined) return;
    const kind = failure.code === 'ENOSPC' ? 'no-room-for' : 'error-in';
    this.#marks.hit(`${kind}-${what}` satisfies Mark);
  }
}

function whatOf(steps: readonly DiskStep[]): What {
  const files = steps.map((step) => {
    if (step.step === 'rename') return step.to;
    return step.step === 'sync-folder' ? step.folder : step.file;
  });
  if (files.some((file) => /Epoch|epoch/.test(file))) return 'epoch';
  return files.some((file) => file.startsWith(folders.logs)) ? 'log' : 'snapshot';
}
