import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@vivarium/core';
import WebSocket from 'ws';
import { startChromium } from '../browser/chromium.js';
import { servePage } from '../browser/page-server.js';
import { scenes } from '../browser/scenario.js';
import { startServer } from '../browser/server-process.js';
import type { Proof } from './proof.js';

const PAGE = fileURLToPath(new URL('../../browser/page', import.meta.url));
const FOREIGN = 'foreign.example';

export const prove: Proof = {
  name: 'browser',
  what: 'The client in a real browser page has the whole API, and a foreign page is refused.',
  async run({ log }) {
    const undo: (() => Promise<unknown>)[] = [];
    const results: { name: string; ok: boolean; said: string }[] = [];
    const attempt = async (name: string, work: () => Promise<string>) => {
      const result = await work().then(
        (said) => ({ name, ok: true, said }),
        (error: unknown) => ({ name, ok: false, said: String(error) }),
      );
      results.push(result);
      log(`${result.ok ? 'holds' : 'FAILS'}  ${name}: ${result.said}`);
    };
    try {
      const pages = await servePage(join(PAGE));
      undo.push(() => pages.close());
      const origin = `http://127.0.0.1:${pages.port}`;
      const server = await startServer({ 'vivarium.allowedOrigins': origin });
      undo.push(() => server.stop());
      const beside = await connect(`127.0.0.1:${server.port}`);
      undo.push(() => beside.close());
      const chromium = await startChromium([FOREIGN]);
      undo.push(() => chromium.close());
      const webSocketUrl = `ws://127.0.0.1:${server.port}`;
      const stage = {
        page: await chromium.open(`${origin}/`),
        foreignPage: await chromium.open(`http://${FOREIGN}:${pages.port}/`),
        webSocketUrl,
        beside,
        restart: () => server.restart(),
      };
      for (const { name, show } of scenes) await attempt(name, () => show(stage));
      await attempt('refusal', () => refusalOf(webSocketUrl, `http://${FOREIGN}:${pages.port}`));
      return {
        holds: results.every(({ ok }) => ok),
        counts: {
          scenes: results.length,
          failed: results.filter(({ ok }) => !ok).length,
          'bundle, minified bytes': pages.minifiedBytes,
          'bundle, gzipped bytes': pages.gzippedBytes,
        },
        versions: { Chromium: chromium.version },
        details: results
          .map(({ name, ok, said }) => `- ${ok ? '' : 'FAILS: '}${name}: ${said}\n`)
          .join(''),
      };
    } finally {
      for (const work of undo.reverse()) await work().catch((error) => log(String(error)));
    }
  },
};

/** What the server says to a page that it refuses, which the page itself cannot read. */
function refusalOf(url: string, origin: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { origin });
    socket.once('open', () => {
      socket.terminate();
      reject(new Error('it was taken in'));
    });
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => {
        socket.terminate();
        if (response.statusCode === 403 && text.includes('vivarium.allowedOrigins')) {
          resolve('403, and the option that would allow it is named');
        } else {
          reject(new Error(`it was answered ${response.statusCode}: ${text}`));
        }
      });
    });
  });
}
