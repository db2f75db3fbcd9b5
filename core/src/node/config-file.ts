import { readFileSync } from 'node:fs';
import {
  type Config,
  type ConfigOverrides,
  completeConfig,
  contradiction,
} from '../config/config.js';
import { type OptionName, options } from '../config/options.js';
import { publicZooCfg, readZooCfg } from '../config/zoo-cfg.js';
import { exitCodes, StartError } from './start-error.js';

/** A config and how administrators may see it. */
export interface ConfigSource {
  readonly config: Config;
  /** `key=value` lines, secrets left out. */
  readonly shown: string;
  /** What an operator should know, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads a `zoo.cfg`.
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
  const reading = readZooCfg(text, path);
  const warnings = reading.warnings.map(({ message }) => message);
  if (!reading.ok) {
    const errors = reading.errors.map(({ message }) => message);
    throw new StartError([...warnings, ...errors].join('\n'), exitCodes.invocation);
  }
  const config = overridden(reading.config, overrides);
  return { config, shown: publicZooCfg(text) + showOverrides(overrides), warnings };
}

/** `key=value` lines of the settings that a program chose. */
export function showOverrides(overrides: ConfigOverrides): string {
  const lines = Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${options[name as OptionName].key}=${String(value)}\n`);
  return publicZooCfg(lines.join(''));
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
