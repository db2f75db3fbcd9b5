import { type EnsembleSpec, ensembleProblems, ensembleWarnings, ruleProblems } from './ensemble.js';
import { type Line, missingLine, type Problems } from './problems.js';
import { GROUP_FORM, readGroup, readVersion, readWeight, WEIGHT_FORM } from './quorum-lines.js';
import { readServer, SERVER_FORM, type ServerSpec } from './servers.js';

/** Whether a server stands alone, by itself or as the one server that a config names. */
export type MembershipReading =
  | { readonly kind: 'alone'; readonly server?: ServerSpec }
  /** `isFine`: nothing is wrong with it; what is has been said. */
  | { readonly kind: 'ensemble'; readonly spec: EnsembleSpec; readonly isFine: boolean }
  /** Something is wrong, and has been said. */
  | { readonly kind: 'unknown' };

/** Whether a key is one of those lines of which there may be several: servers and quorum rules. */
export function isMembershipKey(key: string): boolean {
  // ZooKeeper takes every key that begins so, and fails on those that go on in another way.
  return key.startsWith('server.') || key.startsWith('group') || key.startsWith('weight');
}

/**
 * Collects the lines that say who is in an ensemble, from whichever file has them, and decides what
 * they come to.
 *
 * @see ZooKeeper 3.9 QuorumPeerConfig.parseDynamicConfig
 */
export class MembershipReader {
  readonly #file: string;
  readonly #problems: Problems;
  readonly #servers: ServerSpec[] = [];
  readonly #groups = new Map<number, readonly number[]>();
  readonly #weights = new Map<number, number>();
  #version = 0n;
  /** The lines by what they are about: `server.1`, although `server.01` may be written. */
  readonly #lines = new Map<string, Line>();
  #failed = false;

  /** @param file the one that the lines are in */
  constructor(file: string, problems: Problems) {
    this.#file = file;
    this.#problems = problems;
  }

  take(line: Line): void {
    if (line.key.startsWith('server.')) this.#takeServer(line);
    else if (line.key.startsWith('group')) this.#takeGroup(line);
    else this.#takeWeight(line);
  }

  takeVersion(version: bigint): void {
    this.#version = version;
  }

  /** What is after the last dot of a dynamic file's name, if it is a hexadecimal number. */
  takeVersionOf(fileName: string): void {
    this.#version = readVersion(fileName.slice(fileName.lastIndexOf('.') + 1)) ?? 0n;
  }

  /** What there is to take could not be read: nothing can be decided then. */
  fail(): void {
    this.#failed = true;
  }

  /** The line about a server. */
  lineOf(serverId: number): Line {
    return this.#lineAt(`server.${serverId}`);
  }

  decide(options: {
    readonly standaloneEnabled: boolean;
    readonly multiAddressEnabled: boolean;
  }): MembershipReading {
    if (this.#failed) return { kind: 'unknown' };
    const spec: EnsembleSpec = {
      servers: this.#servers,
      ...(this.#groups.size === 0 ? {} : { groups: this.#groups }),
      weights: this.#weights,
      version: this.#version,
    };
    if (this.#servers.length === 0) return this.#decideWithoutServers(options.standaloneEnabled);
    const participants = this.#servers.filter(({ role }) => role === 'participant');
    if (participants.length === 1 && options.standaloneEnabled) {
      return this.#decideForOne(spec, participants[0]!);
    }
    for (const problem of ensembleProblems(spec, options.multiAddressEnabled)) {
      this.#failed = true;
      this.#problems.error(this.#lineAt(problem.key), problem.what, problem.allowed);
    }
    for (const warning of ensembleWarnings(spec)) {
      this.#problems.notice(missingLine(this.#file, 'server.N'), warning, '');
    }
    return { kind: 'ensemble', spec, isFine: !this.#failed };
  }

  #decideWithoutServers(standaloneEnabled: boolean): MembershipReading {
    for (const line of this.#lines.values()) {
      this.#failed = true;
      this.#problems.error(line, 'is there without any server', 'server.N lines beside it');
    }
    if (this.#failed) return { kind: 'unknown' };
    if (standaloneEnabled) return { kind: 'alone' };
    const line = missingLine(this.#file, 'server.N');
    const story = 'there is no server.N line, and standaloneEnabled=false makes an ensemble';
    this.#problems.fault(line, story, 'at least one server.N line, or standaloneEnabled=true');
    return { kind: 'unknown' };
  }

  /** One participant stands alone, as ZooKeeper has it for old configs; nobody can observe it. */
  #decideForOne(spec: EnsembleSpec, server: ServerSpec): MembershipReading {
    for (const problem of ruleProblems(spec)) {
      this.#failed = true;
      this.#problems.error(this.#lineAt(problem.key), problem.what, problem.allowed);
    }
    const observer = this.#servers.find(({ role }) => role === 'observer');
    if (observer !== undefined && !this.#failed) {
      this.#failed = true;
      this.#problems.error(
        this.lineOf(observer.serverId),
        `is an observer, and server.${server.serverId} stands alone`,
        'no observer, or standaloneEnabled=false, which makes an ensemble of one',
      );
    }
    return this.#failed ? { kind: 'unknown' } : { kind: 'alone', server };
  }

  #takeServer(line: Line): void {
    const spec = readServer(line.key, line.value);
    if ('wrong' in spec) {
      this.#failed = true;
      this.#problems.error(line, `is not allowed (${spec.wrong})`, SERVER_FORM);
      return;
    }
    this.#servers.push(spec);
    this.#lines.set(`server.${spec.serverId}`, line);
  }

  #takeGroup(line: Line): void {
    const read = readGroup(line.key, line.value);
    if (read === undefined || this.#groups.has(read.group)) {
      this.#refuse(line, read === undefined ? GROUP_FORM : 'one line for each group');
      return;
    }
    this.#groups.set(read.group, read.serverIds);
    this.#lines.set(`group.${read.group}`, line);
  }

  #takeWeight(line: Line): void {
    const read = readWeight(line.key, line.value);
    if (read === undefined || this.#weights.has(read.serverId)) {
      this.#refuse(line, read === undefined ? WEIGHT_FORM : 'one line for each server');
      return;
    }
    this.#weights.set(read.serverId, read.weight);
    this.#lines.set(`weight.${read.serverId}`, line);
  }

  #refuse(line: Line, allowed: string): void {
    this.#failed = true;
    this.#problems.error(line, 'is not allowed', allowed);
  }

  #lineAt(key: string): Line {
    return this.#lines.get(key) ?? missingLine(this.#file, key);
  }
}
