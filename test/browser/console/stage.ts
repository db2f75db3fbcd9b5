/** A live ensemble, a program beside it, and the console in a headless Chromium. */
import { existsSync } from 'node:fs';
import { type Client, connect } from '@vivarium/core';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { Ensemble } from '../../interop/ensemble/ensemble.js';
import type { Member } from '../../interop/ensemble/member.js';

/** Where Debian puts it; nothing is ever downloaded. */
const PLACES = [process.env.CHROMIUM ?? '', '/usr/bin/chromium'];
/** Long: a machine that is busy with other things must not look like a page that is wrong. */
const SEEN_LIMIT_MS = 60_000;
const SERVING_LIMIT_MS = 180_000;

/** Who may change things at each server of the ensemble. */
export const administrator = { name: 'ops', password: 'correct horse battery' };

export interface Stage {
  readonly ensemble: Ensemble;
  /** The server whose page is open: it does not lead. */
  readonly server: Member;
  /** A client in Node of all three servers. */
  readonly beside: Client;
  readonly browser: Browser;
  readonly page: Page;
  /** Whatever the page complained of: scripts that failed, rules of its policy that it broke. */
  readonly complaints: readonly string[];
  /** How much is to be done. */
  readonly short: boolean;
  /** Opens the page at a path of the tree. */
  visit(path: string, query?: string): Promise<void>;
  close(): Promise<void>;
}

/** The browser's program, where there is one. */
export function chromiumProgram(): string | undefined {
  return PLACES.find((place) => place !== '' && existsSync(place));
}

/** @throws when there is no Chromium */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumProgram();
  if (executablePath === undefined) {
    throw new Error('Chromium is not installed; apt-get install chromium, or name it in CHROMIUM');
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Opens a page whose complaints are kept. */
export async function openPage(
  context: BrowserContext,
  complaints: string[],
  expected: RegExp = /ERR_CONNECTION|WebSocket connection|503|Failed to load resource/,
): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(SEEN_LIMIT_MS);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error' || expected.test(message.text())) return;
    complaints.push(message.text());
  });
  return page;
}

/** Where the console of a server is. */
export function addressOf({ host, port }: Pick<Member, 'host' | 'port'>): string {
  return `http://${host}:${port}/`;
}

/** Sets everything up. Whatever was begun is ended when it fails. */
export async function openStage(short: boolean): Promise<Stage> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const work of undo.splice(0).reverse()) await work().catch(() => {});
  };
  try {
    const kinds = ['vivarium', 'vivarium', 'vivarium'] as const;
    const line = writeAdministrator(
      await makeAdministrator(administrator.name, administrator.password),
    );
    const config = { 'vivarium.administrators': line };
    const ensemble = await Ensemble.create({ kinds, config });
    undo.push(() => ensemble.destroy());
    await Promise.all(ensemble.members.map((member) => member.launch()));
    await ensemble.untilServing(SERVING_LIMIT_MS);
    const leader = await ensemble.untilLed();
    const server = ensemble.members.find((member) => member !== leader)!;
    const all = ensemble.members.map(({ host, port }) => `${host}:${port}`).join(',');
    const beside = await connect(all, { sessionTimeoutMs: 40_000 });
    undo.push(() => beside.close());
    const browser = await launchChromium();
    undo.push(() => browser.close());
    const complaints: string[] = [];
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await openPage(context, complaints);
    const visit = async (path: string, query = '') => {
      const hash = path.split('/').map(encodeURIComponent).join('/');
      await page.goto(`${addressOf(server)}#/tree${hash}${query}`);
    };
    await page.goto(addressOf(server));
    return { ensemble, server, beside, browser, page, complaints, short, visit, close };
  } catch (error) {
    await close();
    throw error;
  }
}
