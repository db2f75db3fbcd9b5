import { hexLong, highOf } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import { type BootDisk, folders } from '../storage/disk.js';
import { loadEpochs } from '../storage/epochs.js';
import { type Recovered, recover } from '../storage/recovery.js';
import type { DatabaseOptions } from '../tree/database.js';
import { type BootOptions, demandKnownTypes } from './boot.js';
import { Member } from './member.js';

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
  const read = (): Recovered => {
    const recovered = recover(disk, {
      ...database,
      hashSeed: database.hashSeed!,
      snapshotTrustEmpty: config.snapshotTrustEmpty,
      log: (event) => host.log(event),
    });
    demandKnownTypes(recovered.database, config.extendedTypesEnabled);
    return recovered;
  };
  const isNew = !wasInEnsemble(disk);
  const recovered = read();
  const { lastZxid } = recovered.database;
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
    secret,
    disk,
    database,
    recover: read,
    recovered,
    epochs,
    isEmpty: isNew && lastZxid === 0n,
    isTrusted: true,
    now,
    wall,
  });
}

/** Whether a folder says that its server was once told of an epoch. */
function wasInEnsemble(disk: BootDisk): boolean {
  return disk.list(folders.snapshots).some(({ name }) => name === 'acceptedEpoch');
}
