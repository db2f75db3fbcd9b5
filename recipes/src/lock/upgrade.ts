import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import { NodeHold } from '../hold/node-hold.js';
import { comeFirst } from '../shared/come-first.js';
import { deskOf } from '../shared/desk.js';
import { namesIn } from '../shared/names-in.js';
import { childOf, nameOf, parentOf } from '../shared/paths.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { createProtected, type Standing } from '../shared/protected-create.js';
import { type Contender, contendersOf } from '../shared/queue.js';
import { compareSequences } from '../shared/sequence.js';
import { numberOf, standBeside } from './beside.js';
import type { NodeLook } from './downgrade.js';
import { isUpgradable, READERS, upgradeLabel, WRITERS, writeQueue } from './lock-queues.js';

/**
 * The `upgrade` of a hold to read: makes a writer of it without letting another writer in.
 *
 * Readers that came before the first writer behind us may be reading already: we wait for them, and
 * they must never wait for us. All others must wait. Which is which cannot be told by looking at
 * the list, for a writer may give up, and let those behind it in, between the look and whatever
 * follows. So it is settled in one transaction: the node that writes, at our old place, carries the
 * number of that first writer in its name, and is created only if that writer still stands. That
 * there is such a writer is seen to by one of our own, at the end of the queue.
 */
export function upgrade(
  zk: Client,
  reader: NodeHold,
  look: NodeLook,
): (options?: WaitOptions) => Promise<Hold> {
  let isUnderWay = false;
  return async (options = {}) => {
    reader.throwIfLost();
    if (isUnderWay) {
      const reason = 'the hold is upgraded already, or about to be: release the one to write';
      throw new ZkError('BAD_ARGUMENTS', { operation: 'upgrade', path: reader.path, reason });
    }
    const patience = patienceOf(zk, reader.path, options, reader.signal);
    isUnderWay = true;
    try {
      const writer = await becomeWriter(zk, zk.session!, reader, look, patience.signal);
      const readerEnded = () => void writer.release().catch(() => {});
      reader.signal.addEventListener('abort', readerEnded);
      writer.signal.addEventListener('abort', () => {
        reader.signal.removeEventListener('abort', readerEnded);
        isUnderWay = false;
      });
      return writer;
    } catch (error) {
      isUnderWay = false;
      // The hold's own end says more, and comes a little later.
      throw isZkError(error, 'SESSION_EXPIRED') ? new RecipeError('HOLD_LOST', reader.path) : error;
    } finally {
      patience.end();
    }
  };
}

async function becomeWriter(
  zk: Client,
  session: SessionInfo,
  reader: NodeHold,
  look: NodeLook,
  signal: AbortSignal,
): Promise<NodeHold> {
  const parent = parentOf(reader.path);
  const { standing, first } = await standToWrite(zk, session, reader, look, signal);
  // Those who wait to write came after our first node and before the second: the token is the
  // first one's, or theirs would be smaller although they write later.
  const writer = new NodeHold(zk, session, { ...standing, czxid: reader.token.zxid });
  try {
    const ahead = (names: readonly string[]) => {
      const stands = [reader, writer].every(({ path }) => names.includes(nameOf(path)));
      return stands ? readingBefore(first, names) : undefined;
    };
    const place = await comeFirst(zk, session, { parent, ahead }, signal);
    const isThere = place === 'first' && (await writer.begin(signal));
    signal.throwIfAborted();
    reader.throwIfLost();
    if (!isThere) throw new RecipeError('HOLD_REVOKED', writer.path);
    return writer;
  } catch (error) {
    writer.release().catch(() => {});
    throw error;
  }
}

/** Those who read, or may begin to at any moment, although we are about to write. */
function readingBefore(first: Contender, names: readonly string[]): readonly string[] {
  return (
    contendersOf(READERS, names)
      .filter(({ sequence }) => compareSequences(sequence, first.sequence) < 0)
      .map(({ name }) => name)
      // Of these there is one at a time: ourselves. The others wait for our first node.
      .filter((name) => !isUpgradable(name))
  );
}

/** Our node that writes, and the first writer that stood behind our place at that moment. */
async function standToWrite(
  zk: Client,
  session: SessionInfo,
  reader: NodeHold,
  look: NodeLook,
  signal: AbortSignal,
): Promise<{ readonly standing: Standing; readonly first: Contender }> {
  const { path } = reader;
  const parent = parentOf(path);
  for (;;) {
    const { label } = writeQueue;
    const tail = await createProtected(zk, session, { parent, label, ...look }, signal);
    try {
      for (;;) {
        const names = await namesIn(zk, parent, { session: session.id, signal });
        const first = firstWriterBehind(numberOf(path), names);
        // Somebody has removed what we have just made.
        if (first === undefined || !names.includes(nameOf(tail.path))) break;
        const op = childOf(parent, first.name) === tail.path ? 'delete' : 'check';
        const together = [{ op, path: childOf(parent, first.name) } as const];
        const second = { path, label: upgradeLabel(first), together, ...look };
        const standing = await standBeside(zk, session, second, signal).catch(undefinedIfGone);
        if (standing !== undefined) return { standing, first };
      }
    } finally {
      deskOf(zk)
        .cleanUps.remove(session.id, tail.path)
        .catch(() => {});
    }
    signal.throwIfAborted();
  }
}

function firstWriterBehind(number: string, names: readonly string[]): Contender | undefined {
  return contendersOf(WRITERS, names).find(
    ({ sequence }) => compareSequences(sequence, Number(number)) > 0,
  );
}

function undefinedIfGone(error: unknown): undefined {
  if (!isZkError(error, 'NO_NODE')) throw error;
  return undefined;
}
