/** A browser that has a page of the console open. */
import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage } from '../../browser/console/stage.js';
import type { View } from './records.js';

/** What is to be seen once a page shows a live server. */
const SEEN: Readonly<Record<Exclude<View, 'nothing'>, string>> = {
  ensemble: 'figure.chart',
  tree: '[role=treeitem]',
};

export class Onlooker {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #address: string;
  readonly #complaints: readonly string[];

  private constructor(browser: Browser, page: Page, address: string, complaints: string[]) {
    this.#browser = browser;
    this.#page = page;
    this.#address = address;
    this.#complaints = complaints;
  }

  /** @throws when there is no Chromium */
  static async open(port: number): Promise<Onlooker> {
    const browser = await launchChromium();
    try {
      const complaints: string[] = [];
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const page = await openPage(context, complaints);
      return new Onlooker(browser, page, `http://127.0.0.1:${port}/`, complaints);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  get version(): string {
    return this.#browser.version();
  }

  /** Shows a page and calls `work`. @throws when the page did not show the server all the while */
  async during<T>(view: View, work: () => Promise<T>): Promise<T> {
    await this.#page.goto('about:blank');
    if (view === 'nothing') return work();
    await this.#page.goto(`${this.#address}#/${view}`);
    await this.#isUp(view);
    const result = await work();
    await this.#isUp(view);
    if (this.#complaints.length > 0) throw new Error(this.#complaints.join('; '));
    return result;
  }

  async #isUp(view: Exclude<View, 'nothing'>): Promise<void> {
    await this.#page.locator('.pulse.up').waitFor();
    await this.#page.locator(SEEN[view]).first().waitFor();
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
