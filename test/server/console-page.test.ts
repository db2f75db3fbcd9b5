import { connect } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { chromiumProgram, launchChromium, openPage } from '../browser/console/stage.js';
import { monitoredServer } from '../support/monitored-server.js';
import { suite } from '../support/suite.js';

const program = chromiumProgram();

suite('the console in a browser', (test) => {
  if (program === undefined) {
    test('is not looked at: there is no Chromium here', () => {
      process.stdout.write('Chromium is not installed; npm run prove -- console needs it, too.\n');
      assert.is(chromiumProgram(), undefined);
    });
    return;
  }

  test(
    'shows a node, follows it, tells what is not kept, and breaks no rule of its own policy',
    async (t) => {
      const { connectString } = await monitoredServer(t);
      const zk = await connect(connectString);
      t.cleanup(() => zk.close());
      await zk.create('/here', 'first');
      const browser = await launchChromium();
      t.cleanup(() => browser.close());
      const complaints: string[] = [];
      const page = await openPage(await browser.newContext(), complaints);
      await page.goto(`http://${connectString}/#/tree/here`);
      await page.getByRole('heading', { name: 'here' }).waitFor();
      const field = page.getByRole('textbox', { name: 'Data of /here as Text' });
      await field.waitFor();
      assert.is(await field.inputValue(), 'first');
      await zk.set('/here', 'second');
      await page.getByText('version 1').waitFor();
      assert.is(await field.inputValue(), 'second');
      await page.getByRole('link', { name: 'History' }).click();
      await page.getByText('This server keeps no history').waitFor();
      assert.equal(complaints, []);
    },
    { timeoutMs: 120_000 },
  );
});
