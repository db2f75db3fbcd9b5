import type { Zxid } from '../../../base/ids.js';
import { hexLong } from '../../../base/long.js';
import type { DamageKind } from './damage.js';

/** What is known of a damaged end of a log. */
export type TailVerdict =
  /** What a crash left of a flush that was not acknowledged, by the notes beside the log. */
  | 'torn'
  /** Nothing tells whether it was ever acknowledged. */
  | 'undecidable'
  /** It was durable, by the notes beside the log. */
  | 'durable'
  /** Something before it is damaged too. */
  | 'not-the-first';

const AGAIN =
  'Restore the file from a backup; or, for a member of an ensemble that has its quorum without it, ' +
  'empty its data folder and let it get everything from its leader.';

const PUT_ASIDE =
  'A crash leaves such a file when it was just created: no transaction is in it. Before a server ' +
  'starts on it, vivarium inspect log --repair puts it aside.';

/** What to do about a header that cannot be read: by kind, or `goes-on` when records follow it. */
export const AT_HEADER: Readonly<Record<string, string>> = {
  empty: PUT_ASIDE,
  'no-header': PUT_ASIDE,
  'goes-on':
    'The header alone is damaged, and sound transactions follow: vivarium inspect log --repair ' +
    'writes it anew and keeps a copy of the file.',
  'unknown-version': 'Inspect it with the release that wrote it, or restore it from a backup.',
  other: 'Check that it is the file that was meant, or restore it from a backup.',
};

/** What to do about a damage behind the header. */
export function remedyFor(
  kind: DamageKind,
  tail: TailVerdict | undefined,
  zxidBefore: Zxid | undefined,
): string {
  if (kind === 'name') {
    return 'Give the file the name it had, or take it away when it does not belong here.';
  }
  switch (tail) {
    case 'torn':
      return (
        'A crash left it of a write that nobody was told of. A server of Vivarium cuts it off when ' +
        'it starts; vivarium inspect log --repair does it now, and keeps a copy.'
      );
    case 'undecidable':
      return (
        'A crash in the middle of a write leaves the like, and nothing tells whether it was ever ' +
        'acknowledged. vivarium inspect log --repair cuts it off, and keeps a copy.'
      );
    case 'not-the-first':
      return 'Mend what is damaged before it first.';
    case 'durable':
    case undefined:
      return `${AGAIN} ${givingUp(zxidBefore)}`;
  }
}

function givingUp(zxidBefore: Zxid | undefined): string {
  if (zxidBefore === undefined) return 'No transaction stands before it that could be kept.';
  return (
    'To give up what is damaged and every transaction after it: vivarium inspect log --chop ' +
    `${hexLong(zxidBefore)}, which keeps a copy.`
  );
}
