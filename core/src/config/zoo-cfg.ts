import { type Config, completeConfig, contradiction, defaultValues } from './config.js';
import { type EnsembleSpec, serverOf } from './ensemble.js';
import { ensembleOptions } from './ensemble-options.js';
import { fileKeys } from './file-keys.js';
import type { FoundFile } from './found-file.js';
import { isMembershipKey, MembershipReader } from './membership-reader.js';
import { ownNumber } from './my-id.js';
import { int } from './option-kinds.js';
import { type OptionName, options } from './options.js';
import { findOtherKey, otherKeys } from './other-keys.js';
import { type ConfigProblem, type Line, missingLine, Problems, shown } from './problems.js';
import { readProperties } from './properties.js';
import type { ServerSpec } from './servers.js';
import { nearest } from './spelling.js';

/** A config, or every reason why there is none. */
export type ZooCfgReading =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | {
      readonly ok: false;
      readonly errors: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
    };

/** What a `zoo.cfg` needs besides itself when it is that of an ensemble. */
export interface OtherFiles {
  /** What `dynamicConfigFile` names; see `filesNamedIn`. */
  readonly dynamic?: FoundFile | undefined;
  /** The `myid` in its `dataDir`. */
  readonly myId?: FoundFile | undefined;
}

/**
 * Reads a `zoo.cfg`. All mistakes are found in one go, in the order of the files. A repeated key is
 * a warning and its last value counts, as in ZooKeeper (but two different values of one server are
 * a mistake); an unknown key is a warning that names the key it resembles.
 *
 * @param text the file, decoded as Latin-1 as Java does
 * @param fileName as messages shall name it
 */
export function readZooCfg(text: string, fileName: string, others: OtherFiles = {}): ZooCfgReading {
  return new ZooCfgReader(fileName, others).read(text);
}

/** The files that a `zoo.cfg` names and a reader of it wants to see, as they are written there. */
export function filesNamedIn(text: string): {
  readonly dataDir: string | undefined;
  readonly dynamicConfigFile: string | undefined;
} {
  const values = new Map(
    readProperties(text).properties.map(({ key, value }) => [plainKey(key), value.trim()]),
  );
  const given = (key: string) => values.get(key) || undefined;
  return { dataDir: given('dataDir'), dynamicConfigFile: given('dynamicConfigFile') };
}

/** A `zoo.cfg` as administrators may see it: `key=value` lines in their order, without secrets. */
export function publicZooCfg(text: string): string {
  const { properties } = readProperties(text);
  return properties.map((property) => `${shown(property)}\n`).join('');
}

/** Option names by key. */
const namesByKey: ReadonlyMap<string, OptionName> = new Map(
  (Object.keys(options) as OptionName[]).map((name) => [options[name].key, name]),
);

class ZooCfgReader {
  readonly #file: string;
  readonly #others: OtherFiles;
  readonly #problems: Problems;
  readonly #values: Record<string, unknown> = {};
  readonly #fileValues: { [Name in FileKeyName]?: unknown } = {};
  readonly #given = new Map<string, Line>();
  readonly #membership: MembershipReader;

  constructor(file: string, others: OtherFiles) {
    const { dynamic, myId } = others;
    this.#file = file;
    this.#others = others;
    this.#problems = new Problems([file, dynamic?.file ?? '', myId?.file ?? '']);
    this.#membership = new MembershipReader(dynamic?.file ?? file, this.#problems);
  }

  read(text: string): ZooCfgReading {
    for (const line of this.#linesOf(this.#file, text, plainKey)) this.#given.set(line.key, line);
    for (const line of this.#given.values()) this.#take(line);
    this.#readDynamicFile();
    const isKnown = this.#decideMembership();
    const config = this.#complete(isKnown);
    const { errors, warnings } = this.#problems;
    if (config === undefined || errors.length > 0) return { ok: false, errors, warnings };
    return { ok: true, config, warnings };
  }

  /** The lines of a file, each key once: the last of repeated ones, with a warning. */
  #linesOf(file: string, text: string, keyOf: (key: string) => string): Line[] {
    const { properties, faults } = readProperties(text);
    for (const { line, text: key, message } of faults) {
      const place = { file, line, key, value: '' };
      this.#problems.fault(place, `${key} cannot be read: ${message}`, '');
    }
    const lines = new Map<string, Line>();
    for (const { line: number, key, value } of properties) {
      const line = { file, line: number, key: keyOf(key), value: value.trim() };
      const earlier = lines.get(line.key);
      if (earlier !== undefined && isMembershipKey(line.key) && earlier.value !== line.value) {
        const what = `says something else than line ${earlier.line}`;
        this.#problems.error(line, what, 'one line for each');
      } else if (earlier !== undefined) {
        const what = `is given in line ${earlier.line} too; the value of line ${number} counts`;
        this.#problems.warn(line, what, 'one line for each key');
      }
      lines.delete(line.key);
      lines.set(line.key, line);
    }
    return [...lines.values()];
  }

  #take(line: Line): void {
    const name = namesByKey.get(line.key);
    if (name !== undefined) this.#takeOption(name, line);
    else if (Object.hasOwn(fileKeys, line.key)) this.#takeFileKey(line.key as FileKeyName, line);
    else if (isMembershipKey(line.key)) this.#takeMembership(line);
    else this.#takeOther(line);
  }

  #takeOption(name: OptionName, line: Line): void {
    const { kind } = options[name];
    const parsed = kind.parse(line.value);
    if (parsed === undefined) {
      this.#problems.error(line, 'is not allowed', kind.allowed);
      return;
    }
    if (parsed.notice !== undefined) this.#problems.warn(line, parsed.notice, kind.allowed);
    this.#values[name] = parsed.value;
  }

  #takeFileKey(name: FileKeyName, line: Line): void {
    const { kind } = fileKeys[name];
    const value = kind.parse(line.value)?.value;
    if (value === undefined) {
      this.#problems.error(line, 'is not allowed', kind.allowed);
      return;
    }
    this.#fileValues[name] = value;
    if (typeof value === 'bigint' && !this.#refusedForDynamicFile(line)) {
      this.#membership.takeVersion(value);
    }
  }

  #takeMembership(line: Line): void {
    if (!this.#refusedForDynamicFile(line)) this.#membership.take(line);
  }

  /** The lines about the ensemble are in one file, all of them. */
  #refusedForDynamicFile(line: Line): boolean {
    const pointer = this.#given.get('dynamicConfigFile');
    if (pointer === undefined) return false;
    const where = `dynamicConfigFile of line ${pointer.line}`;
    const remedy =
      line.key === 'version'
        ? 'Remove it: what stands after the last dot of that name is the version.'
        : 'Move it there.';
    this.#problems.error(line, `must not stand beside ${where}`, remedy);
    return true;
  }

  #takeOther(line: Line): void {
    const other = findOtherKey(line.key);
    if (other === undefined) {
      const like = nearest(line.key, knownKeys);
      const hint = like === undefined ? 'Check its spelling.' : `Did you mean ${like}?`;
      this.#problems.warn(line, 'is a key that nobody knows; it has no effect', hint);
    } else if (other.kind.parse(line.value) === undefined) {
      this.#problems.error(line, 'is not allowed', other.kind.allowed);
    } else if (other.support === 'ignored') {
      this.#problems.warn(line, `has no effect: ${other.why}`, '');
    } else if (!other.harmless.includes(line.value.toLowerCase())) {
      this.#problems.error(line, `is not supported: ${other.why}`, other.remedy);
    }
  }

  #readDynamicFile(): void {
    const pointer = this.#given.get('dynamicConfigFile');
    if (pointer === undefined || pointer.value === '') return;
    const { file, text, problem } = this.#others.dynamic ?? { file: pointer.value };
    if (text === undefined) {
      const why = problem ?? 'there is no such file';
      this.#problems.error(
        pointer,
        `cannot be read: ${why}`,
        'the name of a file with the servers',
      );
      this.#membership.fail();
      return;
    }
    this.#membership.takeVersionOf(pointer.value);
    for (const line of this.#linesOf(file, text, (key) => key.trim())) {
      if (isMembershipKey(line.key)) {
        this.#membership.take(line);
      } else if (line.key === 'version') {
        const remedy = 'Remove it: what stands after the last dot of the file name is the version.';
        this.#problems.error(line, 'must not stand in a dynamic file', remedy);
      } else {
        const allowed = 'only server.N, group.G and weight.N';
        this.#problems.error(line, 'must not stand in a dynamic file', allowed);
      }
    }
  }

  /** Whether it is clear who this server is; what is not has been said. */
  #decideMembership(): boolean {
    const reading = this.#membership.decide({
      standaloneEnabled: this.#fileValues.standaloneEnabled !== false,
      multiAddressEnabled: this.#values.multiAddressEnabled === true,
    });
    if (reading.kind === 'unknown') return false;
    if (reading.kind === 'ensemble') return this.#joinEnsemble(reading.spec, reading.isFine);
    for (const { key } of Object.values(ensembleOptions)) {
      const line = this.#given.get(key);
      if (line !== undefined) this.#problems.warn(line, NO_ENSEMBLE, '');
    }
    const { server } = reading;
    this.#comparePeerType(server?.role ?? 'participant');
    if (server === undefined) return true;
    this.#values.serverId = server.serverId;
    this.#takeClientAddress(server);
    return true;
  }

  #joinEnsemble(spec: EnsembleSpec, isFine: boolean): boolean {
    for (const name of ['initLimit', 'syncLimit'] as const) {
      if (this.#given.has(name)) continue;
      const allowed = `${options[name].kind.allowed}, in ticks; needed in an ensemble`;
      this.#problems.fault(missingLine(this.#file, name), `${name} is missing`, allowed);
    }
    const { dataDir } = this.#values;
    const { myId = { file: `${dataDir}/myid` } } = this.#others;
    const serverId = dataDir === undefined ? undefined : ownNumber(spec, myId, this.#problems);
    const server = serverId === undefined ? undefined : serverOf(spec, serverId);
    if (server === undefined) return false;
    this.#values.serverId = serverId;
    if (isFine) this.#values.ensemble = spec;
    this.#comparePeerType(server.role);
    this.#takeClientAddress(server);
    return true;
  }

  #comparePeerType(role: ServerSpec['role']): void {
    const line = this.#given.get('peerType');
    const { peerType } = this.#fileValues;
    if (line === undefined || peerType === undefined || peerType === role) return;
    this.#problems.warn(line, `has no effect: the servers of the ensemble say ${role}`, '');
  }

  /**
   * The client address of the server's line goes before `clientPort`, but may not contradict it.
   */
  #takeClientAddress({ serverId, client }: ServerSpec): void {
    if (client === undefined) return;
    const line = this.#membership.lineOf(serverId);
    const { clientPort, clientPortAddress } = this.#values;
    if (clientPort !== undefined && clientPort !== client.port) {
      const message = `names client port ${client.port}, but clientPort is ${clientPort}`;
      this.#problems.error(line, message, 'the same port in both');
      return;
    }
    const host = client.host === '0.0.0.0' || client.host === '::' ? undefined : client.host;
    if (clientPortAddress !== undefined && host !== undefined && clientPortAddress !== host) {
      const message = `names client address ${host}, but clientPortAddress is ${clientPortAddress}`;
      this.#problems.error(line, message, 'the same address in both');
      return;
    }
    this.#values.clientPort = client.port;
    if (host !== undefined) this.#values.clientPortAddress = host;
  }

  /** @param isKnown whether a port that is missing is not the fault of another mistake */
  #complete(isKnown: boolean): Config | undefined {
    const values = { ...defaultValues(), ensemble: undefined, ...this.#values } as ReturnType<
      typeof defaultValues
    > & { readonly ensemble: EnsembleSpec | undefined };
    const { dataDir, clientPort } = values;
    if (dataDir === undefined && !this.#given.has('dataDir')) {
      this.#missing('dataDir', 'the folder that holds, or shall hold, the data');
    }
    if (clientPort === undefined && !this.#given.has('clientPort') && isKnown) {
      this.#missing('clientPort', `${int({ max: 65_535 }).allowed}; 2181 is the usual one`);
    }
    if (dataDir === undefined || clientPort === undefined) return undefined;
    const config = completeConfig({ ...values, dataDir, clientPort });
    const problem = contradiction(config);
    if (problem === undefined) return config;
    const key = problem.name === 'ensemble' ? 'server.N' : options[problem.name].key;
    const line = this.#given.get(key) ?? missingLine(this.#file, key);
    this.#problems.fault(line, problem.message, problem.allowed);
    return undefined;
  }

  #missing(key: string, allowed: string): void {
    this.#problems.fault(missingLine(this.#file, key), `${key} is missing`, allowed);
  }
}

type FileKeyName = keyof typeof fileKeys;

const NO_ENSEMBLE = 'has no effect: a server that stands alone has no ensemble';

/** A key as the tables have it: many carry the prefix of their system property in a file. */
function plainKey(key: string): string {
  return key.trim().replace(/^zookeeper\./, '');
}

/** Every key that can be written, for guessing what a misspelt one meant. */
const knownKeys: readonly string[] = [
  ...namesByKey.keys(),
  ...Object.keys(fileKeys),
  ...otherKeys.map(({ key }) => key).filter((key) => !key.endsWith('*')),
];
