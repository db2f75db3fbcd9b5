import { assert } from '../base/assert.js';
import { type BootDisk, type DiskStep, folders } from './disk.js';
import { RefusedStartError } from './refused-start.js';

/** The two epochs that a member of an ensemble keeps beside its data, in files of ZooKeeper's. */
export interface Epochs {
  /** The newest epoch whose leader it has promised to follow, and no older one. */
  readonly accepted: number;
  /** The epoch of the leader whose history it has taken over, down to the disk. */
  readonly current: number;
}

const ACCEPTED = `${folders.snapshots}acceptedEpoch`;
const CURRENT = `${folders.snapshots}currentEpoch`;
const ACCEPTED_TMP = `${ACCEPTED}.tmp`;
/** While it is there, the log may be an epoch ahead of {@link CURRENT}. */
const CURRENT_TMP = `${CURRENT}.tmp`;
/** While it is there, the history is not known to be what was once durable here. */
const DOUBT = `${folders.snapshots}vivarium-doubt`;
/** An operator says with it that this server has never confirmed anything, or is given up. */
const INITIALIZE = `${folders.snapshots}initialize`;
const DRAFT = `${folders.snapshots}vivarium-epoch-draft`;
const LARGEST_EPOCH = 0x7fff_ffff;
const LARGEST_FILE_BYTES = 64;

const SYNC_FOLDER: DiskStep = { step: 'sync-folder', folder: folders.snapshots };

/** Steps after which `epoch` is accepted for good: before it is told to anybody. */
export function acceptEpoch(epoch: number): readonly DiskStep[] {
  return [
    ...written(ACCEPTED_TMP, epoch),
    { step: 'rename', from: ACCEPTED_TMP, to: ACCEPTED },
    SYNC_FOLDER,
  ];
}

/**
 * Steps that announce a new current epoch: before anything of it is written to the log or comes
 * with a snapshot. A crash from then on up to {@link adoptEpoch} leaves a server that starts
 * (ZOOKEEPER-1653 and 2354 tell of servers that did not), and that claims no history it has not.
 *
 * What an earlier sync announced stays until the new file takes its place: the log may rely on it.
 */
export function announceEpoch(epoch: number): readonly DiskStep[] {
  return [...written(DRAFT, epoch), { step: 'rename', from: DRAFT, to: CURRENT_TMP }, SYNC_FOLDER];
}

/** Steps that make the announced epoch the current one: when the leader's history is durable. */
export function adoptEpoch(): readonly DiskStep[] {
  return [{ step: 'rename', from: CURRENT_TMP, to: CURRENT }, SYNC_FOLDER];
}

/**
 * Steps after which a server that starts knows that it had begun to learn a history because its own
 * was no proof: before it takes anything of the new one. What it then finds on its disk may lack
 * what it has confirmed before its data was lost, and is no proof either.
 */
export const doubtSteps: readonly DiskStep[] = [
  { step: 'create', file: DOUBT },
  { step: 'close', file: DOUBT },
  SYNC_FOLDER,
];

/** Steps that end that: when a leader's whole history is durable. */
export const trustSteps: readonly DiskStep[] = [{ step: 'remove', file: DOUBT }, SYNC_FOLDER];

/** Whether {@link doubtSteps} were performed and not taken back. */
export function isInDoubt(disk: BootDisk): boolean {
  return disk.list(folders.snapshots).some(({ name }) => folders.snapshots + name === DOUBT);
}

/**
 * Steps that end what an operator has said with a file `initialize`: when the server has accepted
 * an epoch, and shows by that that it is whole.
 */
export const initializedSteps: readonly DiskStep[] = [
  { step: 'remove', file: INITIALIZE },
  SYNC_FOLDER,
];

/** Whether there is such a file. */
export function isInitialized(disk: BootDisk): boolean {
  return disk.list(folders.snapshots).some(({ name }) => folders.snapshots + name === INITIALIZE);
}

/**
 * What the files say, once the history on disk is known. Missing files are written; what an
 * interrupted write left is finished or removed.
 *
 * @param lastEpoch epoch of the last transaction on disk
 * @throws RefusedStartError when they contradict each other or the history; nothing was changed
 */
export function loadEpochs(disk: BootDisk, lastEpoch: number): Epochs {
  const names = new Set(disk.list(folders.snapshots).map(({ name }) => folders.snapshots + name));
  const readIfThere = (file: string) => (names.has(file) ? read(disk, file) : undefined);
  const accepted = readIfThere(ACCEPTED);
  const current = readIfThere(CURRENT);
  const isBehind = current !== undefined && current < lastEpoch;
  if (isBehind && !isAnnounced(disk, names, lastEpoch)) refuseBehind(current, lastEpoch);
  const epochs = { accepted: accepted ?? lastEpoch, current: Math.max(current ?? 0, lastEpoch) };
  if (epochs.accepted < epochs.current) refuseUnaccepted(epochs, accepted === undefined);
  const steps: DiskStep[] = [];
  if (accepted === undefined) steps.push(...acceptEpoch(epochs.accepted));
  if (epochs.current !== current) steps.push(...announceEpoch(epochs.current), ...adoptEpoch());
  const leftovers = [ACCEPTED_TMP, CURRENT_TMP, DRAFT].filter((file) => names.has(file));
  for (const file of leftovers) {
    const isGone = steps.some((step) => step.step === 'rename' && step.from === file);
    if (!isGone) steps.push({ step: 'remove', file }, SYNC_FOLDER);
  }
  /* An earlier start may have been killed between a change and its sync. */
  disk.perform([...steps, SYNC_FOLDER]);
  return epochs;
}

/** Whether a sync was under way that may have brought transactions of `lastEpoch`. */
function isAnnounced(disk: BootDisk, names: ReadonlySet<string>, lastEpoch: number): boolean {
  return names.has(CURRENT_TMP) && read(disk, CURRENT_TMP) >= lastEpoch;
}

function written(file: string, epoch: number): readonly DiskStep[] {
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch <= LARGEST_EPOCH, 'an epoch has 31 bits');
  const bytes = Uint8Array.from(String(epoch), (digit) => digit.charCodeAt(0));
  return [
    { step: 'create', file },
    { step: 'write', file, position: 0, bytes },
    { step: 'sync', file },
    { step: 'close', file },
  ];
}

/** The number in a file's first line. */
function read(disk: BootDisk, file: string): number {
  const bytes = disk.read(file, 0, LARGEST_FILE_BYTES);
  const line = String.fromCharCode(...bytes).split(/\r?\n/)[0]!;
  const epoch = /^\d{1,10}$/.test(line) ? Number(line) : Number.POSITIVE_INFINITY;
  if (epoch <= LARGEST_EPOCH) return epoch;
  const what = line === '' ? 'it is empty' : `it holds ${JSON.stringify(line)}, which is no epoch`;
  throw new RefusedStartError(file, undefined, what, RESYNC);
}

const RESYNC =
  'If the other servers are a quorum without this one, move its data folder away and start it ' +
  'empty: it gets everything from them. Else bring the file back from a backup.';

function refuseBehind(current: number, lastEpoch: number): never {
  const what =
    `the current epoch is ${current}, and the last transaction is of epoch ${lastEpoch}; no ` +
    `${CURRENT_TMP} says that a sync was interrupted`;
  throw new RefusedStartError(CURRENT, undefined, what, RESYNC);
}

function refuseUnaccepted({ accepted, current }: Epochs, isMissing: boolean): never {
  const what = isMissing
    ? `it is missing, and the current epoch is ${current}`
    : `the accepted epoch is ${accepted}, and the current one is ${current}`;
  throw new RefusedStartError(ACCEPTED, undefined, what, RESYNC);
}
