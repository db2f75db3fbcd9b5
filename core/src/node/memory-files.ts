import { MemoryDisk } from '../local/disk.js';
import type { DiskStep } from '../storage/disk.js';
import type { StepPerformer } from './files.js';

/** Files that end with the process, for servers whose data is not meant to last. */
export class MemoryFiles extends MemoryDisk implements StepPerformer {
  now(step: DiskStep): void {
    this.performStep(step);
  }

  async later(step: DiskStep): Promise<void> {
    this.performStep(step);
  }

  close(): void {}
}
