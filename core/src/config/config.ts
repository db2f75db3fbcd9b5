import { type EnsembleSpec, ensembleProblems, memberProblem, serverOf } from './ensemble.js';
import { type OptionValues, options } from './options.js';

/** What is derived when it is not given. */
type Derived =
  | 'dataDir'
  | 'dataLogDir'
  | 'clientPort'
  | 'webSocketEnabled'
  | 'commandsEnabled'
  | 'metricsEnabled'
  | 'consoleEnabled'
  | 'initLimit'
  | 'syncLimit';

/** The settings of one server, complete: nothing in it needs a default any more. */
export type Config = {
  readonly [Name in keyof OptionValues]: Name extends Derived
    ? NonNullable<OptionValues[Name]>
    : OptionValues[Name];
} & {
  /** Whom this server works with, itself included; `undefined` when it stands alone. */
  readonly ensemble: EnsembleSpec | undefined;
};

/** Limits of an ensemble that a program starts: those of ZooKeeper's sample file. */
const USUAL_INIT_LIMIT = 10;
const USUAL_SYNC_LIMIT = 5;

/** With extended types the top byte 0xff of an owner marks what is no session. */
const MAX_EXTENDED_SERVER_ID = 254;

/** Settings somebody chose; everything else has its default. */
export type ConfigOverrides = { readonly [Name in keyof OptionValues]?: OptionValues[Name] } & {
  /** Makes the server one of an ensemble; `serverId` says which. */
  readonly ensemble?: EnsembleSpec | undefined;
};

/**
 * A config with defaults for everything but `overrides`. `dataDir` is `data/1` unless given, and
 * clients connect to what the own line of an ensemble says, or else to port 2181.
 *
 * @throws RangeError when the overrides contradict each other
 */
export function defaultConfig(overrides: ConfigOverrides = {}): Config {
  const values = { ...defaultValues(), ensemble: undefined, ...overrides };
  const { ensemble, serverId } = values;
  const own = ensemble === undefined ? undefined : serverOf(ensemble, serverId)?.client;
  const config = completeConfig({
    ...values,
    dataDir: values.dataDir ?? 'data/1',
    clientPort: values.clientPort ?? own?.port ?? 2181,
    clientPortAddress: values.clientPortAddress ?? own?.host,
  });
  const problem = contradiction(config);
  if (problem !== undefined) throw new RangeError(problem.message);
  return config;
}

/** The table's defaults, before anything is derived. */
export function defaultValues(): OptionValues {
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(options)) values[name] = row.default;
  return values as unknown as OptionValues;
}

/** Derives what is not set from what is. */
export function completeConfig(
  values: OptionValues & {
    readonly dataDir: string;
    readonly clientPort: number;
    readonly ensemble: EnsembleSpec | undefined;
  },
): Config {
  const local = isLoopbackAddress(values.clientPortAddress);
  return {
    ...values,
    dataLogDir: values.dataLogDir ?? values.dataDir,
    minSessionTimeout:
      values.minSessionTimeout === -1 ? 2 * values.tickTime : values.minSessionTimeout,
    maxSessionTimeout:
      values.maxSessionTimeout === -1 ? 20 * values.tickTime : values.maxSessionTimeout,
    webSocketEnabled: values.webSocketEnabled ?? local,
    commandsEnabled: values.commandsEnabled ?? local,
    metricsEnabled: values.metricsEnabled ?? local,
    consoleEnabled: values.consoleEnabled ?? local,
    initLimit: values.initLimit ?? USUAL_INIT_LIMIT,
    syncLimit: values.syncLimit ?? USUAL_SYNC_LIMIT,
  };
}

/** Two settings that cannot both hold, and which of them a person should look at. */
export interface Contradiction {
  readonly name: keyof OptionValues | 'ensemble';
  readonly message: string;
  readonly allowed: string;
}

/** The first contradiction within a complete config. */
export function contradiction(config: Config): Contradiction | undefined {
  if (config.minSessionTimeout > config.maxSessionTimeout) {
    return {
      name: 'minSessionTimeout',
      message:
        `minSessionTimeout (${config.minSessionTimeout} ms) is larger than ` +
        `maxSessionTimeout (${config.maxSessionTimeout} ms)`,
      allowed: 'at most maxSessionTimeout, which is twenty ticks unless given',
    };
  }
  if (config.extendedTypesEnabled && config.serverId > MAX_EXTENDED_SERVER_ID) {
    return {
      name: 'extendedTypesEnabled',
      message:
        `extendedTypesEnabled cannot be true on server ${config.serverId}: ephemeral nodes of its ` +
        'sessions would be taken for nodes with a time to live',
      allowed: `false, or a server number (myid, vivarium.serverId) up to ${MAX_EXTENDED_SERVER_ID}`,
    };
  }
  if (config.sendQueueHighWaterBytes > config.sendQueueMaxBytes) {
    return {
      name: 'sendQueueHighWaterBytes',
      message: 'vivarium.sendQueueHighWaterBytes is larger than vivarium.sendQueueMaxBytes',
      allowed: 'at most vivarium.sendQueueMaxBytes',
    };
  }
  if (config.auditEnabled && config.auditFile === undefined && hidesInfo(config)) {
    return {
      name: 'auditEnabled',
      message:
        `audit.enable is true and its lines go to the log, where vivarium.logLevel=${config.logLevel} ` +
        'would hide them',
      allowed: 'true with a vivarium.auditFile, or with vivarium.logLevel=info',
    };
  }
  return config.ensemble === undefined ? undefined : misfit(config, config.ensemble);
}

function hidesInfo({ logLevel }: Config): boolean {
  return logLevel === 'warn' || logLevel === 'error';
}

/** What is wrong with an ensemble, or with this server as one of it. */
function misfit(config: Config, ensemble: EnsembleSpec): Contradiction | undefined {
  const [problem] = ensembleProblems(ensemble, config.multiAddressEnabled);
  if (problem !== undefined) {
    const { key, what, allowed } = problem;
    return { name: 'ensemble', message: `${key} ${what}`, allowed };
  }
  const message = memberProblem(ensemble, config.serverId);
  if (message === undefined) return undefined;
  return { name: 'serverId', message, allowed: 'the number of one of its servers' };
}

/** Whether only this machine can reach an address; no address means all of them, so no. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}
