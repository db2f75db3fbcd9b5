import { opcodes } from '@vivarium/core/internal/wire/operations';
import { MultiHeader } from '@vivarium/core/internal/wire/records';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { OPEN } from './choices.js';
import { body, type Made, type Maker } from './request-parts.js';

/** Reads whose body is cut short, and multis that hold what they must not. */
export function malformed(maker: Maker): Made {
  const { random } = maker;
  const kind = random.weighted([
    [4, 'short'],
    [1, 'long'],
    [2, 'multi'],
  ] as const);
  if (kind === 'multi') {
    const writer = new Writer();
    const type = random.pick([opcodes.getData, opcodes.exists, 99, opcodes.deleteContainer]);
    MultiHeader.write(writer, { type, done: false, err: -1 });
    writer.raw(body('getData', { path: '/a', watch: false }));
    MultiHeader.write(writer, { type: -1, done: true, err: -1 });
    const code =
      type === opcodes.getData ? opcodes.multi : random.pick([opcodes.multi, opcodes.multiRead]);
    return { code, label: `op ${code} holding ${type}`, body: writer.copy() };
  }
  // What 3.8 logs for a write it cannot decode takes a zxid, in 3.9 it does not.
  const name = random.pick(maker.old ? READS : [...READS, ...WRITES]);
  const whole = body(name, {
    ...{ path: '/a/none/x', watch: false, prefixPath: '/a', mode: 0, type: 1 },
    ...{ data: null, acl: OPEN, flags: 0, version: 7, ttl: 1n },
  });
  if (kind === 'long') {
    const bytes = new Uint8Array([...whole, 1, 2, 3]);
    return { code: opcodes[name], label: `${name} with bytes after it`, body: bytes };
  }
  const cut = random.below(whole.length);
  return {
    code: opcodes[name],
    label: `${name} cut after ${cut} bytes`,
    body: whole.slice(0, cut),
  };
}

const READS = [
  'exists',
  'getData',
  'getAcl',
  'getChildren',
  'getChildren2',
  'sync',
  'getEphemerals',
  'getAllChildrenNumber',
  'addWatch',
  'checkWatches',
  'removeWatches',
] as const;

const WRITES = ['create', 'create2', 'createTtl', 'delete', 'setData', 'setAcl'] as const;
