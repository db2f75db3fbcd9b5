import { readFile } from 'node:fs/promises';
import { isZkError } from '../../../client/errors.js';
import { UsageError } from './arguments.js';
import { answer, type ShellCommands } from './command.js';
import { ShellFailure } from './failure.js';
import { statText } from './format.js';
import { statShape } from './json-shapes.js';

/** Who is in the ensemble. */
export const ensembleCommands: ShellCommands = {
  config: {
    usage: '[-c] [-w] [-s]',
    doc: 'Configuration of the ensemble; -c only what clients connect to.',
    flags: { c: false, w: false, s: false },
    words: [0, 0],
    async run(call) {
      const { client, flags, watch } = call;
      const { bytes, stat } = await client.get('/zookeeper/config', { watch });
      const text = bytes === null ? 'null' : Buffer.from(bytes).toString('utf8');
      answer(
        call,
        () => ({ ...configShape(text), stat: statShape(stat) }),
        () => [
          flags.has('c') ? clientConfig(text) : text,
          ...(flags.has('s') ? [statText(stat)] : []),
        ],
      );
    },
  },
  reconfig: {
    usage:
      '[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | ' +
      '[-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]',
    doc:
      'Change who is in the ensemble, where its servers allow that at run time: servers of ' +
      'Apache ZooKeeper with reconfigEnabled=true. -v only if the configuration has this ' +
      'version, in hexadecimal.',
    flags: { s: false, v: true, file: true, members: true, add: true, remove: true },
    words: [0, 0],
    async run(call) {
      const { client, flags } = call;
      const change = await reconfiguration(flags);
      const { config, stat } = await client.reconfigure(change).catch((error: unknown) => {
        if (!isZkError(error, 'RECONFIG_DISABLED', 'UNIMPLEMENTED')) throw error;
        throw new ShellFailure(
          'reconfig was refused: these servers take no change of their members at run time. ' +
            'Servers of Vivarium read them from zoo.cfg; change it on every server and restart ' +
            'them one by one. Servers of Apache ZooKeeper need reconfigEnabled=true.',
        );
      });
      const text = Buffer.from(config).toString('utf8');
      answer(
        call,
        () => ({ ...configShape(text), stat: statShape(stat) }),
        () => [
          `Committed new configuration:\n${text}`,
          ...(flags.has('s') ? [statText(stat)] : []),
        ],
      );
    },
  },
};

/** @throws UsageError as zkCli does, when flags do not go together */
async function reconfiguration(flags: ReadonlyMap<string, string>) {
  const [file, members, add, remove] = ['file', 'members', 'add', 'remove'].map((name) =>
    flags.get(name),
  );
  const isWhole = file !== undefined || members !== undefined;
  const isStep = add !== undefined || remove !== undefined;
  if (!isWhole && !isStep) {
    throw new UsageError('one of -file, -members, -add, -remove is needed');
  }
  if (isWhole && isStep) {
    throw new UsageError(
      "Can't use -file or -members together with -add or -remove (mixing incremental and " +
        'non-incremental modes is not allowed)',
    );
  }
  if (file !== undefined && members !== undefined) {
    throw new UsageError(
      "Can't use -file and -members together (conflicting non-incremental modes)",
    );
  }
  const version = flags.get('v');
  if (version !== undefined && !/^-?[0-9a-f]{1,16}$/i.test(version)) {
    throw new UsageError('-v must be followed by a long (configuration version)');
  }
  return {
    joining: add?.toLowerCase(),
    leaving: remove?.toLowerCase(),
    members: file === undefined ? members?.toLowerCase() : await membersIn(file),
    version: version === undefined ? undefined : hexadecimal(version),
  };
}

function hexadecimal(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

/** The lines of a dynamic configuration that say who is a member. */
async function membersIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`Error processing ${file}: ${error.message}`);
  });
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(server|group|weight)\./.test(line));
  if (lines.length === 0) {
    throw new UsageError(`Error processing ${file}: it has no line server.N=host:port:port;port`);
  }
  return lines.join('\n');
}

/** A configuration's version, a hexadecimal number, and its servers by number. */
function configShape(text: string): object {
  const pairs = text.split('\n').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
  const servers = pairs
    .filter(([key]) => key.startsWith('server.'))
    .map(([key, value]) => ({ id: Number(key.slice('server.'.length)), address: value }));
  return { version: pairs.find(([key]) => key === 'version')?.[1] ?? null, servers, text };
}

/** Client addresses and version of a configuration text, in one line. */
function clientConfig(text: string): string {
  const lines = text.split('\n');
  const clients = lines
    .filter((line) => line.startsWith('server.'))
    .map((line) => line.split(';')[1]?.trim() ?? '')
    .filter((client) => client !== '');
  const version = lines.find((line) => line.startsWith('version='))?.slice('version='.length);
  return `${version ?? ''} ${clients.join(',')}`;
}
