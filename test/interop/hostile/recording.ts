/** What real clients sent to a real server, as record-main.ts has kept it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const RECORDING = fileURLToPath(
  new URL('../../../interop/hostile/recording.txt', import.meta.url),
);

export interface Recording {
  /** First frames of connections. */
  readonly hellos: readonly Uint8Array[];
  /** Requests, header and body. */
  readonly requests: readonly Uint8Array[];
}

export function readRecording(): Recording {
  const hellos: Uint8Array[] = [];
  const requests: Uint8Array[] = [];
  for (const line of readFileSync(RECORDING, 'utf8').trimEnd().split('\n')) {
    const [kind, text] = line.split(' ');
    const bytes = new Uint8Array(Buffer.from(text!, 'base64'));
    (kind === 'hello' ? hellos : requests).push(bytes);
  }
  return { hellos, requests };
}
