/** How loud an event is. `warn` asks an operator to look, `error` says that something stopped. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * One thing that happened. `event` is a fixed, dotted name (also a coverage mark for the
 * simulator); `fields` are its particulars. Never put secrets, auth data or node values in it.
 */
export interface LogEvent {
  readonly level: LogLevel;
  readonly event: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | bigint | boolean | undefined>>;
}
