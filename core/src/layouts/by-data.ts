/** Recipes that data and Stats tell, of the node itself or of its children. */
import { isWriteMarker, numberIn } from './counter.js';
import { cohortIn } from './double-barrier.js';
import { instanceIn } from './instance.js';
import { latchIn } from './latch.js';
import { nodeKindOf } from './node-kind.js';
import type { NodeLook } from './node-look.js';
import { leaseLimitIn, permitLimitIn } from './permits.js';
import type { Recognised } from './recognised.js';
import { sequentialName } from './sequence.js';

const HEX = /^[0-9a-f]{32}$/;

/** Everything that data and Stats allow, in no order. */
export function recognisedByData(look: NodeLook): readonly Recognised[] {
  return [
    doubleBarrierOf(look),
    latchOf(look),
    permitsOf(look),
    semaphoreOf(look),
    counterOf(look),
    serviceOf(look),
    membersOf(look),
    barrierOf(look),
  ].filter((one) => one !== undefined);
}

function doubleBarrierOf({ data }: NodeLook): Recognised | undefined {
  if (data === undefined || cohortIn(data) === undefined) return undefined;
  const why = 'its data has a size, a generation and a cohort';
  return { kind: 'doubleBarrier', arrangement: 'flat', sure: 'sure', by: 'data', why };
}

function latchOf({ data, owner }: NodeLook): Recognised | undefined {
  const latch = data && latchIn(data);
  if (latch === undefined || nodeKindOf(owner).kind !== 'persistent') return undefined;
  const sure = latch.isOpen ? 'sure' : 'likely';
  const why = latch.isOpen ? 'its data has a count and says isOpen' : 'its data is a count';
  return { kind: 'latch', arrangement: 'flat', sure, by: 'data', why };
}

function permitsOf({ data, names }: NodeLook): Recognised | undefined {
  if (data === undefined || names.length > 0 || permitLimitIn(data) === undefined) return undefined;
  const why = 'its data is a limit';
  return { kind: 'permits', arrangement: 'flat', sure: 'likely', by: 'data', why };
}

/** kazoo's `Semaphore`. */
function semaphoreOf({ data, names }: NodeLook): Recognised | undefined {
  const limit = data && leaseLimitIn(data);
  if (limit === undefined || names.length === 0 || names.length > limit) return undefined;
  if (!names.every((name) => HEX.test(name))) return undefined;
  const why = 'its data is a number, and the names in it are random ids';
  return { kind: 'permits', arrangement: 'flat', sure: 'likely', by: 'data', why };
}

function counterOf({ data, owner, names }: NodeLook): Recognised | undefined {
  if (data === undefined || nodeKindOf(owner).kind !== 'persistent') return undefined;
  if (!names.every(isWriteMarker)) return undefined;
  const number = numberIn(data);
  if (number === undefined) return undefined;
  const facts = { kind: 'counter', arrangement: 'alone', by: 'data' } as const;
  const size = { int64: 'eight bytes', int32: 'four bytes', text: 'digits' }[number.form];
  if (names.length > 0) {
    return { ...facts, sure: 'sure', why: `its data is ${size}, and somebody of ours is writing` };
  }
  const sure = number.isDoubtful ? 'possible' : 'likely';
  return { ...facts, sure, why: `its data is ${size}` };
}

/** A folder named like the service, with instances that are named like their nodes. */
function serviceOf({ path, children }: NodeLook): Recognised | undefined {
  const service = path.slice(path.lastIndexOf('/') + 1);
  let found = 0;
  for (const [name, { data }] of children) {
    const instance = instanceIn(data);
    if (instance?.id === name && instance.name === service) found++;
  }
  if (found === 0 || 2 * found < children.size) return undefined;
  const why = 'its children describe instances of a service of its name';
  return { kind: 'service', arrangement: 'flat', sure: 'sure', by: 'data', why };
}

function membersOf({ children, names }: NodeLook): Recognised | undefined {
  if (children.size === 0) return undefined;
  for (const [name, { owner }] of children) {
    if (nodeKindOf(owner).kind !== 'ephemeral' || isWriteMarker(name)) return undefined;
    // Who takes a number stands in a queue, whosever it is.
    if (sequentialName(name) !== undefined) return undefined;
  }
  const isRandom = names.every(
    (name) => HEX.test(name) || /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name),
  );
  const why = 'each child is ephemeral, and has a name of its own';
  const sure = isRandom ? 'possible' : 'likely';
  return { kind: 'members', arrangement: 'flat', sure, by: 'stat', why };
}

/** A barrier is a node and nothing more, so only what people call it tells. */
function barrierOf({ path, owner, names, data }: NodeLook): Recognised | undefined {
  if (names.length > 0 || nodeKindOf(owner).kind !== 'persistent') return undefined;
  if (data === undefined || data.length > 0) return undefined;
  const [parent = '', own = ''] = path.split('/').slice(-2);
  if (!/barrier/i.test(own) && !/barrier/i.test(parent)) return undefined;
  const why = 'it is an empty node that is called a barrier';
  return { kind: 'barrier', arrangement: 'alone', sure: 'possible', by: 'names', why };
}
