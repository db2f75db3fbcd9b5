import type { Host } from '../base/host.js';
import { hexLong, highOf } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import { CommittedLog } from '../storage/committed-log.js';
import type { BootDisk } from '../storage/disk.js';
import {
  initializedSteps,
  isInDoubt,
  isInitialized,
  loadEpochs,
  trustSteps,
} from '../storage/epochs.js';
import { isProof, type Recovered, recover } from '../storage/recovery.js';
import { type BootOptions, demandKnownTypes } from './boot.js';
import { Member } from './member.js';
import { knownSecrets } from './shared-secrets.js';

/**
 * Makes a member of an ensemble of what its data folder holds. What is damaged it gets from the
 * others: it then votes with nothing that it is not sure of.
 *
 * A folder without data may be new, or have lost everything that this server has once confirmed. It
 * counts for nothing when others have data, and with `db.autocreate=false` in any case, unless an
 * operator has put a file `initialize` into the data folder: then this server votes, as one that
 * never confirmed anything, so that it may make a quorum with others whose data is left. The file
 * is gone when the server has accepted its first epoch, or has data already.
 *
 * @throws RefusedStartError when the data must not be used as it is
 */
export function bootMember(options: BootOptions): Member {
  const { config, host, disk, secret, now, wall } = options;
  const seed = host.randomBytes(4);
  const historyOptions = {
    extendedTypes: config.extendedTypesEnabled,
    digest: config.digestEnabled,
    hashSeed: (seed[0]! << 24) | (seed[1]! << 16) | (seed[2]! << 8) | seed[3]!,
    committed: new CommittedLog({ count: config.commitLogCount }),
    membersVersion: config.ensemble?.version ?? 0n,
    log: host.log.bind(host),
  };
  const { snapshotTrustEmpty } = config;
  const read = (): Recovered => {
    const recovered = recover(disk, { ...historyOptions, snapshotTrustEmpty, relearn: true });
    demandKnownTypes(recovered.database, config.extendedTypesEnabled);
    return recovered;
  };
  const recovered = read();
  const { database, apacheSessions } = recovered;
  const known = knownSecrets(disk, secret, database.sessions.keys());
  for (const session of known.apacheSessions) apacheSessions.add(session);
  const epochs = loadEpochs(disk, highOf(database.lastZxid));
  /* Whoever was there when an ensemble began has accepted an epoch. Whoever came later, or lost its
   * data, notes that it is in doubt before it accepts one. */
  const isEmpty = database.lastZxid === 0n && epochs.accepted === 0;
  const hasNothing = database.lastZxid === 0n && isProof(recovered);
  const isOrdered = isInitialized(disk);
  if (isOrdered) obeyOrder(disk, host, hasNothing, isEmpty);
  const isDoubted = isInDoubt(disk);
  const mayBegin = !isEmpty || config.dbAutocreate || isOrdered;
  const isTrusted = mayBegin && !isDoubted && isProof(recovered);
  const zxid = hexLong(database.lastZxid);
  host.log({
    level: 'info',
    event: 'boot.ready',
    message: `server ${config.serverId} of an ensemble at ${zxid}, epoch ${epochs.current}`,
    fields: { zxid, epoch: epochs.current, isTrusted },
  });
  return new Member({
    config: config as Config & { readonly ensemble: EnsembleSpec },
    host,
    secrets: known.secrets,
    disk,
    historyOptions,
    recover: read,
    recovered,
    epochs,
    isDoubted,
    isInitialized: isOrdered && isEmpty,
    isTrusted,
    now,
    wall,
  });
}

/** An operator has said that this server is to vote although it has nothing. */
function obeyOrder(disk: BootDisk, host: Host, hasNothing: boolean, isEmpty: boolean): void {
  if (hasNothing && isInDoubt(disk)) disk.perform(trustSteps);
  if (!isEmpty) disk.perform(initializedSteps);
  const what = hasNothing ? 'this server has no data, and votes all the same' : 'there is data';
  const message = `There was a file initialize in the data folder: ${what}`;
  host.log({ level: 'warn', event: 'boot.initialize', message });
}
