import type { LogEvent } from '../base/log-event.js';
import { HIDDEN, isSecretName } from '../config/secrets.js';

/**
 * Texts that give a secret away by their shape: what HTTP sends to say who asks, and a name with a
 * password before a host. Only the second part goes; the first tells where it came from.
 */
const SHAPES: readonly RegExp[] = [
  /\b((?:basic|bearer)\s+)[A-Za-z0-9+/=_.~-]{4,}/gi,
  /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
];

/**
 * The last guard before a line is written. Whoever logs must put no secret into an event; should
 * it happen, this takes out the fields with a name such as `password`, the secrets of the config,
 * and what looks like a credential.
 *
 * @param secrets texts that are to be found nowhere, of eight characters at least
 */
export function redactor(secrets: readonly string[]): (event: LogEvent) => LogEvent {
  // A short one would take innocent words with it.
  const known = secrets.filter(({ length }) => length >= 8);
  const clean = (text: string): string => {
    let shown = text;
    for (const secret of known) shown = shown.replaceAll(secret, HIDDEN);
    for (const shape of SHAPES) shown = shown.replace(shape, `$1${HIDDEN}`);
    return shown;
  };
  const cleanField = ([name, value]: [string, Field]): [string, Field] => {
    if (value !== undefined && isSecretName(name)) return [name, HIDDEN];
    return [name, typeof value === 'string' ? clean(value) : value];
  };
  return (event) => {
    const message = clean(event.message);
    const { fields } = event;
    if (fields === undefined) return { ...event, message };
    return {
      ...event,
      message,
      fields: Object.fromEntries(Object.entries(fields).map(cleanField)),
    };
  };
}

type Field = NonNullable<LogEvent['fields']>[string];
