import { boolean, choice, type Kind, path } from './option-kinds.js';
import { GROUP_FORM, readVersion, VERSION_FORM, WEIGHT_FORM } from './quorum-lines.js';
import { SERVER_FORM } from './servers.js';

/** A key that says who is in the ensemble, which is no option: what comes of it is one value. */
export interface FileKey {
  /** As in a config file; a final letter in capitals stands for a number. */
  readonly key: string;
  readonly allowed: string;
  /** One to three sentences for the reference. */
  readonly doc: string;
}

const version: Kind<bigint> = {
  type: 'hex',
  allowed: VERSION_FORM,
  parse(text) {
    const value = readVersion(text);
    return value === undefined ? undefined : { value };
  },
};

/** Keys of a `zoo.cfg` about the ensemble that have one value each. */
export const fileKeys = {
  standaloneEnabled: {
    key: 'standaloneEnabled',
    kind: boolean,
    doc:
      'Whether one participant alone is a server that stands alone. With false it is an ensemble ' +
      'of one, which observers can join. Default true.',
  },
  dynamicConfigFile: {
    key: 'dynamicConfigFile',
    kind: path,
    doc:
      'File with the lines server.N, group.G and weight.N, which then must not stand in zoo.cfg. ' +
      'Relative names start at the working folder of the server, as in ZooKeeper. What stands ' +
      'after the last dot of its name is the version, if it is a hexadecimal number.',
  },
  version: {
    key: 'version',
    kind: version,
    doc:
      'Version of the ensemble, where its servers stand in zoo.cfg; 0 unless given. It must not ' +
      'stand in a dynamic file.',
  },
  peerType: {
    key: 'peerType',
    kind: choice('participant', 'observer'),
    doc: 'What this server is. The server.N lines decide; a difference is a warning.',
  },
} as const satisfies Record<string, { key: string; kind: Kind<unknown>; doc: string }>;

/** All of them, with those that there may be several of, for the reference. */
export const membershipKeys: readonly FileKey[] = [
  {
    key: 'server.N',
    allowed: SERVER_FORM,
    doc:
      'A server of the ensemble; N is what its myid file holds, from 0 to 255. One participant ' +
      'alone stands alone. The client port is that of clientPort unless it stands here.',
  },
  {
    key: 'group.G',
    allowed: GROUP_FORM,
    doc:
      'Servers of one group, such as a data centre. A quorum then is more than half of the weight ' +
      'in more than half of the groups, and every participant is in one.',
  },
  {
    key: 'weight.N',
    allowed: WEIGHT_FORM,
    doc:
      'What the vote of a server counts in its group; 1 unless given. With 0 it counts nothing, ' +
      'and the server never leads.',
  },
  ...Object.values(fileKeys).map(({ key, kind, doc }) => ({ key, allowed: kind.allowed, doc })),
];
