/** Bugs in how a server treats its disk. */
import type { Input } from '@vivarium/core/internal/seam/inputs';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { between, type Plant, withoutSteps } from './plant.js';

type DiskDone = Input & { readonly type: 'disk-done' };

export const diskPlants: readonly Plant[] = [
  between('answers before the flush is done', () => {
    const early = new Set<number>();
    return {
      inputs: (batch) => ({
        ...batch,
        inputs: batch.inputs.filter((input) => {
          const isReal = input.type === 'disk-done' && !('early' in input);
          return !isReal || !early.delete(input.id);
        }),
      }),
      effects(effects, _batch, later) {
        for (const effect of effects) {
          if (effect.type !== 'disk' || effect.lane !== 'log') continue;
          early.add(effect.id);
          const { id, generation } = effect;
          later({ type: 'disk-done', id, generation, early: true } as DiskDone);
        }
        return effects;
      },
    };
  }),
  withoutSteps('never syncs the log', ({ step }) => step === 'sync'),
  withoutSteps('does not sync the folder of a new log file', ({ step }) => {
    return step === 'sync-folder';
  }),
  withoutSteps(
    'does not sync a snapshot before its name',
    ({ step }) => step === 'sync',
    'background',
  ),
  between('purges logs that are still needed', () => {
    const logs: string[] = [];
    return {
      effects: (effects) =>
        effects.map((effect) => {
          if (effect.type !== 'disk') return effect;
          for (const step of effect.steps) {
            if (step.step === 'create' && isLog(step.file)) logs.push(step.file);
          }
          const purges = effect.steps.some(({ step }) => step === 'remove');
          if (!purges || effect.lane === 'log') return effect;
          const more = logs.splice(0, logs.length - 1);
          const steps = more.map((file) => ({ step: 'remove', file }) as const);
          const kept = effect.steps.filter((each) => !('file' in each && more.includes(each.file)));
          return { ...effect, steps: [...steps, ...kept] };
        }),
    };
  }),
  whileStarting('does not sync the log that it reads at its start', (step) => {
    return step.step === 'sync' && isLog(step.file);
  }),
  whileStarting('trusts the cache of the system after a failed sync', (step) => {
    return step.step === 'write' && isLog(step.file);
  }),
  forgiving('takes a failed sync for done', 'EIO'),
  forgiving('goes on when the disk is full', 'ENOSPC'),
  between('goes on with a snapshot of which a part was not written', () => {
    const parts = new Set<number>();
    return {
      inputs: (batch) => ({
        ...batch,
        inputs: batch.inputs.map((input) => {
          if (input.type !== 'disk-done' || !parts.has(input.id)) return input;
          const { id, generation } = input;
          return { type: 'disk-done', id, generation } as const;
        }),
      }),
      effects(effects) {
        for (const effect of effects) {
          if (effect.type === 'disk' && effect.lane === 'background') parts.add(effect.id);
        }
        return effects;
      },
    };
  }),
  {
    name: 'comes back without its last transaction',
    put: (boot) => ({
      remove: () => {},
      boot: (options) => {
        const { disk } = options;
        const cut = shortest(disk);
        return boot({
          ...options,
          disk: {
            list: (folder) => disk.list(folder),
            read(file, position, length) {
              const bytes = disk.read(file, position, length);
              if (file !== cut?.file || position + bytes.length <= cut.at) return bytes;
              return bytes.map((byte, index) => (position + index < cut.at ? byte : 0));
            },
            perform: (steps) => disk.perform(steps),
          },
        });
      },
    }),
  },
];

/** A bug in what a server does to its disk before it serves. */
function whileStarting(name: string, isLeftOut: (step: DiskStep) => boolean): Plant {
  return {
    name,
    put: (boot) => ({
      remove: () => {},
      boot(options) {
        const { disk } = options;
        return boot({
          ...options,
          disk: {
            list: (folder) => disk.list(folder),
            read: (file, position, length) => disk.read(file, position, length),
            perform: (steps) => disk.perform(steps.filter((step) => !isLeftOut(step))),
          },
        });
      },
    }),
  };
}

function isLog(file: string): boolean {
  return /^logs\/log\.[0-9a-f]+$/.test(file);
}

/** Where the last record of the newest log begins. */
function shortest(disk: {
  list(folder: string): readonly { readonly name: string; readonly size: number }[];
  read(file: string, position: number, length: number): Uint8Array;
}): { readonly file: string; readonly at: number } | undefined {
  const logs = disk.list('logs/').filter(({ name }) => /^log\.[0-9a-f]+$/.test(name));
  const newest = logs.sort((a, b) => hexOf(a.name) - hexOf(b.name)).at(-1);
  if (newest === undefined) return undefined;
  const file = `logs/${newest.name}`;
  const bytes = disk.read(file, 0, newest.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let last = 16;
  for (let at = 16; at + 12 < bytes.length && view.getInt32(at + 8) > 0; ) {
    last = at;
    at += 12 + view.getInt32(at + 8) + 1;
  }
  return { file, at: last };
}

function hexOf(name: string): number {
  return Number.parseInt(name.slice(4), 16);
}

function forgiving(name: string, code: string): Plant {
  return between(name, () => ({
    inputs: (batch) => ({
      ...batch,
      inputs: batch.inputs.map((input) => {
        if (input.type !== 'disk-done' || input.failure?.code !== code) return input;
        const { id, generation } = input;
        return { type: 'disk-done', id, generation } as const;
      }),
    }),
  }));
}
