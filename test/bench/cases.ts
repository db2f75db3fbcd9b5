/** What is measured: kinds of requests, at three numbers of clients and of requests outstanding. */
import {
  createFrame,
  deleteFrame,
  getFrame,
  multiSetFrame,
  setFrame,
  syncFrame,
} from './frames.js';
import type { NextFrame } from './lane.js';

export const caseNames = ['get', 'set', 'create', 'mixed', 'sync'] as const;
/** With a multi of ten writes, which only ensembles are measured with. */
export const ensembleCaseNames = [...caseNames, 'multi'] as const;
export type CaseName = (typeof ensembleCaseNames)[number];

export interface Level {
  /** `8×16`: clients × requests outstanding of each. */
  readonly name: string;
  readonly clients: number;
  readonly outstanding: number;
}

export const levels: readonly Level[] = [
  { name: '1×1', clients: 1, outstanding: 1 },
  { name: '8×16', clients: 8, outstanding: 16 },
  { name: '30×100', clients: 30, outstanding: 100 },
];

const KEYS = 1000;
const value = Buffer.alloc(100, 'v');
export const root = '/bench';

const keyPath = (key: number) => `${root}/k${String(key % KEYS).padStart(3, '0')}`;
const gets = Array.from({ length: KEYS }, (_, key) => getFrame(keyPath(key)));
const sets = Array.from({ length: KEYS }, (_, key) => setFrame(keyPath(key), value));
const syncs = [syncFrame(root)];
const MULTI_OF = 10;
const multis = Array.from({ length: KEYS / MULTI_OF }, (_, at) => {
  const keys = Array.from({ length: MULTI_OF }, (_, part) => keyPath(at * MULTI_OF + part));
  return multiSetFrame(keys, value);
});

/** What must be there before: the root and the keys. Nodes that are there already do no harm. */
export function* preparation(): Iterator<Buffer> {
  yield createFrame(root, value);
  for (let key = 0; key < KEYS; key++) yield createFrame(keyPath(key), value);
}

export interface Workload {
  readonly next: NextFrame;
  /** Deletes what the workload has created. */
  cleaning(): Iterator<Buffer>;
}

/** The requests of one client. `run` and `client` make the paths of created nodes unique. */
export function workload(name: CaseName, run: string, client: number): Workload {
  let count = client * 37;
  const cycle = (frames: readonly Buffer[]) => () => frames[count++ % frames.length]!;
  const none: Iterator<Buffer> = [][Symbol.iterator]();
  switch (name) {
    case 'get':
      return { next: cycle(gets), cleaning: () => none };
    case 'set':
      return { next: cycle(sets), cleaning: () => none };
    case 'sync':
      return { next: cycle(syncs), cleaning: () => none };
    case 'multi':
      return { next: cycle(multis), cleaning: () => none };
    case 'mixed':
      return {
        next: () => {
          count += 1;
          return (count % 10 < 7 ? gets : sets)[count % KEYS]!;
        },
        cleaning: () => none,
      };
    case 'create':
      return creating(`${root}/c${run}-${client}-`);
  }
}

function creating(prefix: string): Workload {
  let created = 0;
  const pathOf = (number: number) => prefix + String(number).padStart(9, '0');
  const template = createFrame(pathOf(0), value);
  // Only the digits differ, so they are written over a copy of one frame.
  const digitsAt = template.indexOf(pathOf(0)) + prefix.length;
  return {
    next: () => {
      template.write(String(created++).padStart(9, '0'), digitsAt, 'latin1');
      return template;
    },
    cleaning: function* () {
      for (let number = 0; number < created; number++) yield deleteFrame(pathOf(number));
    },
  };
}
