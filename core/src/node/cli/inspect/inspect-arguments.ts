import type { SessionId, Zxid } from '../../../base/ids.js';
import { CommandLineError } from '../world.js';

/** How data is shown. */
export type DataForm = 'text' | 'base64' | 'hex';

const FORMS: readonly DataForm[] = ['text', 'base64', 'hex'];

/**
 * A zxid or a session id: hexadecimal with `0x` in front, as servers print them.
 *
 * @throws CommandLineError for anything else, decimal numbers too: of 100 nobody could tell which
 *   it is
 */
export function readId(text: string, flag: string): Zxid | SessionId {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt.asIntN(64, BigInt(text));
  throw new CommandLineError(
    `${flag} takes a number in hexadecimal with 0x in front, such as 0x1a2, not '${text}'`,
  );
}

/** @throws CommandLineError when it is no whole number, or below `least` */
export function readCount(text: string, flag: string, least: number): number {
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw new CommandLineError(`${flag} takes a whole number from ${least} on, not '${text}'`);
}

/** @throws CommandLineError when there is no such form */
export function readDataForm(text: string): DataForm {
  const form = FORMS.find((each) => each === text);
  if (form !== undefined) return form;
  throw new CommandLineError(`--data takes ${FORMS.join(', ')}, not '${text}'`);
}

/**
 * A path of a tree: absolute, without a slash at its end.
 *
 * @throws CommandLineError when it is none
 */
export function readPath(text: string): string {
  if (text === '/' || /^(?:\/[^/]+)+$/.test(text)) return text;
  throw new CommandLineError(
    `--path takes a path that begins with / and does not end with one, not '${text}'`,
  );
}

/** Whether a path is `top` or stands below it. */
export function isWithin(path: string, top: string): boolean {
  if (top === '/') return true;
  return path.startsWith(top) && (path.length === top.length || path[top.length] === '/');
}
