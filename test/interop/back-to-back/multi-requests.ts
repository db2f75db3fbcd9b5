/** Multis of writes and of reads. */
import { type MultiOp, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { anyData } from './choices.js';
import { createValue, inWords, type Made, type Maker, path, ttlValue } from './request-parts.js';

export function multi(maker: Maker): Made {
  const { random } = maker;
  const ops: MultiOp[] = [];
  const count = random.pick([0, 1, 1, 2, 2, 3, 4]);
  for (let i = 0; i < count; i++) {
    const at = path(maker);
    ops.push(
      random.weighted<() => MultiOp>([
        [6, () => ({ op: 'create', ...createValue(maker, true) })],
        [3, () => ({ op: 'create2', ...createValue(maker, true) })],
        [1, () => ({ op: 'createContainer', ...createValue(maker, true), flags: 4 })],
        [1, () => ({ op: 'createTtl', ...ttlValue(maker, true) })],
        [4, () => ({ op: 'delete', path: at, version: random.pick([-1, -1, 0]) })],
        [
          5,
          () => ({
            op: 'setData',
            path: at,
            data: anyData(random),
            version: random.pick([-1, -1, -1, 0]),
          }),
        ],
        [3, () => ({ op: 'check', path: at, version: random.pick([-1, 0, 1]) })],
      ])(),
    );
  }
  const writer = new Writer();
  writeMultiRequest(writer, ops);
  const label = ops.map((op) => `${op.op} ${inWords(op)}`).join(', ');
  return {
    code: opcodes.multi,
    label: `multi(${label})`,
    body: writer.copy(),
    about: { multi: ops.map((op) => ({ code: opcodes[op.op], path: op.path })) },
  };
}

export function multiRead(maker: Maker): Made {
  const { random } = maker;
  const ops = Array.from({ length: random.below(4) }, () => ({
    op: random.pick(['getData', 'getChildren'] as const),
    path: path(maker),
    watch: random.chance(0.2),
  }));
  const writer = new Writer();
  writeMultiRequest(writer, ops);
  const label = ops.map((op) => `${op.op} ${inWords(op)}`).join(', ');
  return {
    code: opcodes.multiRead,
    label: `multiRead(${label})`,
    body: writer.copy(),
    about: { multi: ops.map((op) => ({ code: opcodes[op.op], path: op.path })) },
  };
}
