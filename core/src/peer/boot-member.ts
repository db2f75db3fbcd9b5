import { hexLong, highOf } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import { type BootDisk, folders } from '../storage/disk.js';
import { loadEpochs } from '../storage/epochs.js';
import type { HistoryOptions } from '../storage/history.js';
import { type Recovered, recover } from '../storage/recovery.js';
import { planTruncation } from '../storage/truncation.js';
import type { DatabaseOptions } from '../tree/database.js';
import { type BootOptions, demandKnownTypes } from './boot.js';
import { Member } from './member.js';
import { knownSecrets } from './shared-secrets.js';

/**
 * Makes a member of an ensemble of what its data folder holds.
 *
 * @throws RefusedStartError when the data must not be used as it is
 */
export function bootMember(options: BootOptions): Member {
  const { config, host, disk, secret, now, wall } = options;
  const seed = host.randomBytes(4);
  const database: DatabaseOptions = {
    extendedTypes: config.extendedTypesEnabled,
    digest: config.digestEnabled,
    hashSeed: (seed[0]! << 24) | (seed[1]! << 16) | (seed[2]! << 8) | seed[3]!,
  };
  const reading: HistoryOptions = {
    ...database,
    hashSeed: database.hashSeed!,
    log: (event) => host.log(event),
  };
  const read = (relearn: boolean): Recovered => {
    const { snapshotTrustEmpty } = config;
    const recovered = recover(disk, { ...reading, snapshotTrustEmpty, relearn });
    demandKnownTypes(recovered.database, config.extendedTypesEnabled);
    return recovered;
  };
  const isNew = !wasInEnsemble(disk);
  const recovered = read(true);
  const { damage, tailIsProof } = recovered;
  const { lastZxid } = recovered.database;
  const known = knownSecrets(disk, secret, recovered.database.sessions.keys());
  for (const session of known.apacheSessions) recovered.apacheSessions.add(session);
  const epochs = loadEpochs(disk, highOf(lastZxid));
  host.log({
    level: 'info',
    event: 'boot.ready',
    message: `server ${config.serverId} of an ensemble at ${hexLong(lastZxid)}, epoch ${epochs.current}`,
    fields: { zxid: hexLong(lastZxid), epoch: epochs.current },
  });
  return new Member({
    config: config as Config & { readonly ensemble: EnsembleSpec },
    host,
    secrets: known.secrets,
    disk,
    database,
    recover: () => read(false),
    planTruncation: (zxid) => planTruncation(disk, zxid, reading),
    recovered,
    epochs,
    isEmpty: isNew && lastZxid === 0n && damage === undefined,
    isTrusted: tailIsProof && damage === undefined,
    now,
    wall,
  });
}

/** Whether a folder says that its server was once told of an epoch. */
function wasInEnsemble(disk: BootDisk): boolean {
  return disk.list(folders.snapshots).some(({ name }) => name === 'acceptedEpoch');
}
