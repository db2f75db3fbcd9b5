/** Faults of disks. */
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import type { FaultAct } from '../fault-world.js';
import { someServers } from './choices.js';

const STEPS: readonly DiskStep['step'][] = [
  'create',
  'allocate',
  'truncate',
  'write',
  'write',
  'sync',
  'sync',
  'sync-folder',
  'rename',
];

/** All files, those of snapshots, and those of epochs. */
const PREFIXES: readonly string[] = [
  '',
  '',
  '',
  folders.snapshots,
  folders.snapshots,
  `${folders.snapshots}acceptedEpoch`,
  `${folders.snapshots}currentEpoch`,
];

export const diskFaults = {
  'slow-disk': (world, random, took) => {
    const [server] = someServers(world, random);
    if (server === undefined) return;
    const slowest = random.pick([5_000, 100_000]);
    const ms = random.between(10, 1_000);
    server.local.diskStepMicros = [1_000, slowest];
    world.lasting.begin([server.name], ms, `fast disk of ${server.name}`, () => server.mendDisk());
    took(`${server.name}: steps of up to ${slowest} µs for ${ms} ms`);
  },
  'disk-error': (world, random, took) => {
    const [server] = someServers(world, random);
    if (server === undefined) return;
    const step = random.pick(STEPS);
    const prefix = random.pick(PREFIXES);
    const failure = { code: 'EIO', message: 'a planned disk error' };
    server.local.disk.failNext(step, failure, prefix, () => {
      server.failedSync ||= step === 'sync';
      took(`${server.name}: a ${step} of ${prefix || 'any file'}`);
    });
  },
  'disk-full': (world, random, took) => {
    const [server] = someServers(world, random);
    if (server === undefined) return;
    const { disk } = server.local;
    const room = random.between(0, random.pick([0, 200, 3_000]));
    const ms = random.between(10, 1_000);
    disk.capacityBytes = disk.usedBytes + room;
    disk.onFull = () => {
      disk.onFull = undefined;
      took(`${server.name}: ${room} bytes are left for ${ms} ms`);
    };
    world.lasting.begin([server.name], ms, `room on the disk of ${server.name}`, () => {
      server.mendDisk();
    });
  },
} satisfies Readonly<Record<string, FaultAct>>;
