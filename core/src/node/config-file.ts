import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type Config,
  type ConfigOverrides,
  completeConfig,
  contradiction,
} from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import { writeEnsemble } from '../config/ensemble-text.js';
import type { FoundFile } from '../config/found-file.js';
import { type OptionName, options } from '../config/options.js';
import { filesNamedIn, publicZooCfg, readZooCfg } from '../config/zoo-cfg.js';
import { exitCodes, StartError, systemCode } from './start-error.js';

/** A config and how administrators may see it. */
export interface ConfigSource {
  readonly config: Config;
  /** `key=value` lines, secrets left out. */
  readonly shown: string;
  /** What an operator should know, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads a `zoo.cfg`, and beside it the dynamic file that it names and the `myid` in its `dataDir`.
 * Relative names start at the working folder, as in ZooKeeper.
 *
 * @throws StartError with a line for everything that is wrong
 */
export function readConfigFile(path: string, overrides: ConfigOverrides = {}): ConfigSource {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    const story = `The config ${path} cannot be read: ${(error as Error).message}`;
    throw new StartError(story, exitCodes.invocation, { cause: error });
  }
  const named = filesNamedIn(text);
  const dataDir = overrides.dataDir ?? named.dataDir;
  const dynamic = named.dynamicConfigFile === undefined ? undefined : find(named.dynamicConfigFile);
  const myId = dataDir === undefined ? undefined : find(join(resolve(dataDir), 'myid'));
  const reading = readZooCfg(text, path, { dynamic, myId });
  const warnings = reading.warnings.map(({ message }) => message);
  if (!reading.ok) {
    const errors = reading.errors.map(({ message }) => message);
    throw new StartError([...warnings, ...errors].join('\n'), exitCodes.invocation);
  }
  if (dynamic !== undefined) demandNoChange(path);
  const config = overridden(reading.config, overrides);
  const shown = publicZooCfg(text) + publicZooCfg(dynamic?.text ?? '') + showOverrides(overrides);
  return { config, shown, warnings };
}

/** `key=value` lines of the settings that a program chose. */
export function showOverrides(overrides: ConfigOverrides): string {
  const lines = Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      name === 'ensemble'
        ? `${writeEnsemble(value as EnsembleSpec)}\n`
        : `${options[name as OptionName].key}=${String(value)}\n`,
    );
  return publicZooCfg(lines.join(''));
}

function find(file: string): FoundFile {
  try {
    return { file, text: readFileSync(file, 'latin1') };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { file };
    return { file, problem: (error as Error).message };
  }
}

/**
 * ZooKeeper leaves this file while a reconfiguration is under way, and then counts votes in both
 * the old and the new ensemble. Whoever does not could elect a second leader.
 */
function demandNoChange(path: string): void {
  const next = `${path}.dynamic.next`;
  if (!existsSync(next)) return;
  throw new StartError(
    `${next} says that the servers of the ensemble were being changed when this one stopped, ` +
      'which this version cannot complete. Start it with ZooKeeper until the change is done and the ' +
      'file is gone; if the change was given up, remove the file.',
    exitCodes.invocation,
  );
}

function overridden(config: Config, overrides: ConfigOverrides): Config {
  const { dataDir } = overrides;
  const dataLogDir = overrides.dataLogDir ?? dataDir ?? config.dataLogDir;
  const merged = { ...config, ...overrides, dataLogDir };
  const complete = completeConfig({
    ...merged,
    dataDir: merged.dataDir ?? config.dataDir,
    clientPort: merged.clientPort ?? config.clientPort,
  });
  const problem = contradiction(complete);
  if (problem === undefined) return complete;
  throw new StartError(`${problem.message}; allowed: ${problem.allowed}`, exitCodes.invocation);
}
