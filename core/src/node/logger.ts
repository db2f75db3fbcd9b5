import type { LogEvent, LogLevel } from '../base/log-event.js';
import type { Config } from '../config/config.js';
import { secretsOf } from '../config/secrets.js';
import { redactor } from './redaction.js';

/** Where log lines go: standard error in a server's process. */
export interface LogStream {
  readonly isTTY?: boolean;
  /** How wide a terminal is. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface LoggerOptions {
  /** Least level that is written. */
  readonly level: LogLevel;
  readonly stream: LogStream;
  /** `text` for people, `json` for machines; by default whatever reads the stream decides. */
  readonly format?: 'text' | 'json';
  /** Whether text has colours; by default on a terminal, unless NO_COLOR is set. */
  readonly colors?: boolean;
  /** What must be in no line; it is taken out. */
  readonly secrets?: readonly string[];
}

export type Log = (event: LogEvent) => void;

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const colors: Readonly<Record<LogLevel, string>> = {
  debug: '\x1b[2m',
  info: '\x1b[36m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
};
const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';

/** Makes a logger: one line for each event, readable on a terminal and JSON elsewhere. */
export function createLogger(options: LoggerOptions): Log {
  const { stream, level } = options;
  const isTerminal = stream.isTTY === true;
  const format = options.format ?? (isTerminal ? 'text' : 'json');
  const isColored = options.colors ?? (isTerminal && (process.env.NO_COLOR ?? '') === '');
  const render = format === 'json' ? jsonLine : textLine;
  const redact = redactor(options.secrets ?? []);
  return (event) => {
    if (ranks[event.level] < ranks[level]) return;
    stream.write(`${render(redact(event), new Date(), isColored)}\n`);
  };
}

/** The log of a server, as its config wants it. */
export function serverLogger(config: Config, stream: LogStream): Log {
  const { logLevel: level, logFormat } = config;
  const secrets = secretsOf(config);
  const options = { level, stream, secrets };
  return createLogger(logFormat === 'auto' ? options : { ...options, format: logFormat });
}

function jsonLine({ level, event, message, fields }: LogEvent, time: Date): string {
  const line = { time: time.toISOString(), level, event, message, ...fields };
  return JSON.stringify(line, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
}

function textLine(event: LogEvent, time: Date, isColored: boolean): string {
  const { level } = event;
  const clock = time.toTimeString().slice(0, 8);
  const word = level.padEnd(5);
  const story = printable(event.message);
  if (!isColored) return `${clock} ${word} ${story}`;
  return `${DIM}${clock}${PLAIN} ${colors[level]}${word}${PLAIN} ${story}`;
}

/** Text from outside must not move the cursor or begin a line of its own. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
