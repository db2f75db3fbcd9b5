import { utf8 } from '../base/bytes.js';
import { type DiskStep, folders } from './disk.js';

export type EpochFile = 'acceptedEpoch' | 'currentEpoch';

/** Steps that make an epoch durable in its file: under another name first. */
export function epochSteps(name: EpochFile, epoch: number): DiskStep[] {
  const file = `${folders.snapshots}${name}`;
  const draft = `${file}.tmp`;
  return [
    { step: 'create', file: draft },
    { step: 'write', file: draft, position: 0, bytes: utf8(String(epoch)) },
    { step: 'sync', file: draft },
    { step: 'close', file: draft },
    { step: 'rename', from: draft, to: file },
    { step: 'sync-folder', folder: folders.snapshots },
  ];
}
