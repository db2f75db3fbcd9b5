import { type Config, completeConfig, contradiction, defaultValues } from './config.js';
import { int } from './option-kinds.js';
import { type OptionName, options } from './options.js';
import { findOtherKey, otherKeys } from './other-keys.js';
import { type Property, readProperties } from './properties.js';
import { readServer, SERVER_FORM, type ServerSpec } from './servers.js';
import { nearest } from './spelling.js';

/** Something an operator must change, or should know, in a config file. */
export interface ConfigProblem {
  readonly file: string;
  /** Line it begins on, from 1; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly key: string;
  /** As written; secrets are replaced. */
  readonly value: string;
  /** What may stand there, or what to do (a sentence then); empty when nothing needs doing. */
  readonly allowed: string;
  /** The whole story in one line, beginning with `file:line:`. */
  readonly message: string;
}

/** A config, or every reason why there is none. */
export type ZooCfgReading =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | {
      readonly ok: false;
      readonly errors: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
    };

/**
 * Reads a `zoo.cfg`. All mistakes are found in one go, in the order of the file. A repeated key is
 * a warning and its last value counts, as in ZooKeeper; an unknown key is a warning that names the
 * key it resembles.
 *
 * @param text the file, decoded as Latin-1 as Java does
 * @param fileName as messages shall name it
 */
export function readZooCfg(text: string, fileName: string): ZooCfgReading {
  return new ZooCfgReader(fileName).read(text);
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
  readonly #errors: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];
  readonly #values: Record<string, unknown> = {};
  readonly #given = new Map<string, Property>();
  readonly #servers: { readonly spec: ServerSpec; readonly property: Property }[] = [];
  #standaloneEnabled = true;

  constructor(file: string) {
    this.#file = file;
  }

  read(text: string): ZooCfgReading {
    const { properties, faults } = readProperties(text);
    for (const { line, text: key, message } of faults) {
      const property = { line, key, value: '' };
      this.#report(this.#errors, property, `${key} cannot be read: ${message}`, '');
    }
    for (const property of this.#lastOfEach(properties)) this.#take(property);
    this.#decideMembership();
    const config = this.#complete();
    if (config === undefined || this.#errors.length > 0) {
      return {
        ok: false,
        errors: inFileOrder(this.#errors),
        warnings: inFileOrder(this.#warnings),
      };
    }
    return { ok: true, config, warnings: inFileOrder(this.#warnings) };
  }

  /**
   * Trims, drops the optional prefix, and keeps the last of repeated keys, warning of the others.
   */
  #lastOfEach(properties: readonly Property[]): Property[] {
    for (const { line, key, value } of properties) {
      const name = key.trim().replace(/^zookeeper\./, '');
      const property = { line, key: name, value: value.trim() };
      const earlier = this.#given.get(name);
      if (earlier !== undefined) {
        const message = `is given in line ${earlier.line} too; the value of line ${line} counts`;
        this.#warn(property, message, 'one line for each key');
        this.#given.delete(name);
      }
      this.#given.set(name, property);
    }
    return [...this.#given.values()];
  }

  #take(property: Property): void {
    const name = namesByKey.get(property.key);
    if (name !== undefined) {
      this.#takeOption(name, property);
      return;
    }
    if (property.key === 'standaloneEnabled') {
      this.#takeStandaloneEnabled(property);
      return;
    }
    if (property.key.startsWith('server.')) {
      this.#takeServer(property);
      return;
    }
    const other = findOtherKey(property.key);
    if (other === undefined) {
      this.#takeUnknown(property);
      return;
    }
    if (other.kind.parse(property.value) === undefined) {
      this.#error(property, 'is not allowed', other.kind.allowed);
      return;
    }
    if (other.support === 'ignored') {
      this.#warn(property, `has no effect: ${other.why}`, '');
      return;
    }
    if (other.harmless.includes(property.value.toLowerCase())) return;
    this.#error(property, `is not supported: ${other.why}`, other.remedy);
  }

  #takeOption(name: OptionName, property: Property): void {
    const { kind } = options[name];
    const parsed = kind.parse(property.value);
    if (parsed === undefined) {
      this.#error(property, 'is not allowed', kind.allowed);
      return;
    }
    if (parsed.notice !== undefined) this.#warn(property, parsed.notice, kind.allowed);
    this.#values[name] = parsed.value;
  }

  #takeStandaloneEnabled(property: Property): void {
    const word = property.value.toLowerCase();
    if (word !== 'true' && word !== 'false') {
      this.#error(property, 'is not allowed', 'true or false');
      return;
    }
    this.#standaloneEnabled = word === 'true';
  }

  #takeServer(property: Property): void {
    const spec = readServer(property.key, property.value);
    if ('wrong' in spec) {
      this.#error(property, `is not allowed (${spec.wrong})`, SERVER_FORM);
      return;
    }
    this.#servers.push({ spec, property });
  }

  #takeUnknown(property: Property): void {
    const like = nearest(property.key, knownKeys);
    const hint = like === undefined ? 'Check its spelling.' : `Did you mean ${like}?`;
    this.#warn(property, 'is a key that nobody knows; it has no effect', hint);
  }

  /** ZooKeeper runs standalone with no `server.N`, or with one voter if that is allowed. */
  #decideMembership(): void {
    const [first, second] = this.#servers;
    if (first === undefined) return;
    const oneServer = 'no server.N line, or a single one of a participant';
    if (second !== undefined) {
      const message = `makes an ensemble of ${this.#servers.length} servers, and this version runs a single server`;
      this.#error(second.property, message, oneServer);
      return;
    }
    if (first.spec.role === 'observer') {
      this.#error(first.property, 'is an observer, and nobody votes', oneServer);
      return;
    }
    if (!this.#standaloneEnabled) {
      const message =
        'with standaloneEnabled=false makes an ensemble of one, which is not supported';
      this.#error(first.property, message, 'standaloneEnabled=true');
      return;
    }
    this.#values.serverId = first.spec.serverId;
    this.#takeClientAddress(first.spec, first.property);
  }

  /**
   * The client address of the server's line goes before `clientPort`, but may not contradict it.
   */
  #takeClientAddress({ client }: ServerSpec, property: Property): void {
    if (client === undefined) return;
    const { clientPort, clientPortAddress } = this.#values;
    if (clientPort !== undefined && clientPort !== client.port) {
      const message = `names client port ${client.port}, but clientPort is ${clientPort}`;
      this.#error(property, message, 'the same port in both');
      return;
    }
    const host = client.host === '0.0.0.0' || client.host === '::' ? undefined : client.host;
    if (clientPortAddress !== undefined && host !== undefined && clientPortAddress !== host) {
      const message = `names client address ${host}, but clientPortAddress is ${clientPortAddress}`;
      this.#error(property, message, 'the same address in both');
      return;
    }
    this.#values.clientPort = client.port;
    if (host !== undefined) this.#values.clientPortAddress = host;
  }

  #complete(): Config | undefined {
    const values = { ...defaultValues(), ...this.#values } as ReturnType<typeof defaultValues>;
    const { dataDir, clientPort } = values;
    if (dataDir === undefined && !this.#given.has('dataDir')) {
      this.#missing('dataDir', 'the folder that holds, or shall hold, the data');
    }
    if (clientPort === undefined && !this.#given.has('clientPort')) {
      this.#missing('clientPort', `${int({ max: 65_535 }).allowed}; 2181 is the usual one`);
    }
    if (dataDir === undefined || clientPort === undefined) return undefined;
    const config = completeConfig({ ...values, dataDir, clientPort });
    const problem = contradiction(config);
    if (problem === undefined) return config;
    const { key } = options[problem.name];
    const property = this.#given.get(key) ?? { line: 0, key, value: '' };
    this.#report(this.#errors, property, problem.message, problem.allowed);
    return undefined;
  }

  #missing(key: string, allowed: string): void {
    this.#report(this.#errors, { line: 0, key, value: '' }, `${key} is missing`, allowed);
  }

  #error(property: Property, what: string, allowed: string): void {
    this.#report(this.#errors, property, `${shown(property)} ${what}`, allowed);
  }

  #warn(property: Property, what: string, allowed: string): void {
    this.#report(this.#warnings, property, `${shown(property)} ${what}`, allowed);
  }

  #report(into: ConfigProblem[], property: Property, story: string, allowed: string): void {
    const { line, key } = property;
    const place = line === 0 ? this.#file : `${this.#file}:${line}`;
    const isSentence = /^[A-Z]/.test(allowed);
    const ending = allowed === '' ? '' : isSentence ? `. ${allowed}` : `; allowed: ${allowed}`;
    into.push({
      file: this.#file,
      line,
      key,
      value: withoutSecrets(property),
      allowed,
      message: `${place}: ${story}${ending}`,
    });
  }
}

/** Every key that can be written, for guessing what a misspelt one meant. */
const knownKeys: readonly string[] = [
  ...namesByKey.keys(),
  ...otherKeys.map(({ key }) => key).filter((key) => !key.endsWith('*')),
  'standaloneEnabled',
];

function inFileOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...problems].sort((a, b) => a.line - b.line);
}

function shown(property: Property): string {
  return `${property.key}=${withoutSecrets(property)}`;
}

/** Values that are secrets stay out of every output. */
function withoutSecrets({ key, value }: Property): string {
  return /passw|secret|digest$/i.test(key) && value !== '' ? '…' : value;
}
