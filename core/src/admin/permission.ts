import { type Config, isLoopbackAddress } from '../config/config.js';

/**
 * Who may run a command. `anybody` who may ask under `/commands` at all; an `operator`, who is an
 * administrator or, on a server that only its own machine reaches and that names no administrators,
 * anybody; an `administrator`, who has said so with a password.
 */
export type Permission = 'anybody' | 'operator' | 'administrator';

/** Why somebody may not run a command, and how that is said in HTTP. */
export interface Denial {
  /** 401 where a name and a password would help, 403 where nobody has any. */
  readonly status: 401 | 403;
  readonly error: string;
}

/**
 * @param identity the name of the administrator who has proved to be one
 * @returns nothing when the command may be run
 */
export function denial(
  command: string,
  needed: Permission,
  identity: string | undefined,
  config: Config,
): Denial | undefined {
  if (needed === 'anybody' || identity !== undefined) return undefined;
  if (config.administrators.length > 0) {
    return {
      status: 401,
      error: `${command} is for administrators: send a name and a password (HTTP Basic).`,
    };
  }
  if (needed === 'operator' && isLoopbackAddress(config.clientPortAddress)) return undefined;
  return {
    status: 403,
    error:
      `${command} is for administrators, and this server has none. ` +
      "'vivarium admin-user NAME' makes one: a line vivarium.administrators for the config.",
  };
}
