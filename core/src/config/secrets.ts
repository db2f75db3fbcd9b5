/** What of a config must be in no output: neither a log, nor an answer to an administrator. */
import { readAdministrator } from './administrator.js';
import type { Config } from './config.js';

/** Stands where a secret was. */
export const HIDDEN = '…';

/** Whether a property or a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return /passw|secret|credential|authorization|digest$|administrators$/i.test(name);
}

/** The secrets that a server is given in its config, as texts that could be found in a line. */
export function secretsOf(config: Pick<Config, 'superDigest' | 'administrators'>): string[] {
  const { superDigest, administrators } = config;
  const secrets = administrators.flatMap((one) => {
    const known = readAdministrator(one);
    return known === undefined ? [] : [known.hash, known.salt];
  });
  if (superDigest !== undefined) secrets.push(superDigest.slice(superDigest.indexOf(':') + 1));
  return secrets;
}
