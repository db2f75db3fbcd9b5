/** What stands around a server's machine and looks at, or changes, what goes in and comes out. */
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch } from '@vivarium/core/internal/seam/inputs';

export abstract class MachineAround implements LocalMachine {
  protected readonly inner: LocalMachine;

  constructor(inner: LocalMachine) {
    this.inner = inner;
  }

  get wakeAt(): number {
    return this.inner.wakeAt;
  }

  get view() {
    return this.inner.view;
  }

  get stopped(): boolean {
    return this.inner.stopped;
  }

  abstract step(batch: Batch, out: Effect[]): void;
}
