/** What somebody does at the prompt, one thing after the other, and what has to be seen. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@vivarium/core';
import { PROGRAM } from '../vivarium.js';
import { KEYS, type TypedProgram, typedProgram } from './terminal.js';

export interface Story {
  /** What was seen to hold, in order. */
  readonly seen: readonly string[];
  /** The screen at two moments, for the guide. */
  readonly captures: Readonly<Record<'prompt' | 'top', string>>;
}

/** @throws Error with the screen, when something is not as it has to be */
export async function promptStory(address: string, folder: string): Promise<Story> {
  const seen: string[] = [];
  const captures = { prompt: '', top: '' };
  const history = join(folder, 'state', 'vivarium', 'shell-history');
  const env = { XDG_STATE_HOME: join(folder, 'state') };
  const words = [process.execPath, PROGRAM, 'shell', '-server', address];
  const zk = await connect(address);
  const shell = typedProgram(words, env);
  const sees = async (what: string, text: string | RegExp) => {
    await shell.until(what, ({ text: all }) =>
      typeof text === 'string' ? all.includes(text) : text.test(all),
    );
    seen.push(what);
  };
  try {
    await zk.create('/apps', 'x');
    await zk.create('/apps/orders', 'first');
    await sees('the prompt says the server and the state', `[zk: ${address}(CONNECTED) 0]`);
    shell.type(`getAl${KEYS.tab}`);
    await sees('a command is completed', 'getAllChildrenNumber');
    shell.type(`/ap${KEYS.tab}`);
    await sees('a path is completed', 'getAllChildrenNumber /apps');
    shell.type(KEYS.enter);
    await sees('a command answers, and the prompt counts', /\n1\n\[zk: .*\(CONNECTED\) 1\]/);
    shell.type(`tre /${KEYS.enter}`);
    await sees('a misspelt command gets a hint', 'did you mean tree?');
    shell.type(`tree /apps${KEYS.enter}`);
    await sees('a tree is drawn', '└── orders');
    shell.type(`addWatch /apps${KEYS.enter}`);
    await sees('a watch is left', /addWatch \/apps\n\[zk: /);
    shell.type('set /apps/orders half-typed');
    await sees('a line is being typed', 'half-typed');
    await zk.create('/apps/billing', 'y');
    await sees(
      'an event comes above what is typed, which stays',
      /type:NodeCreated path:\/apps\/billing zxid: \d+\n\[zk: [^\n]*half-typed$/,
    );
    captures.prompt = shell.screen.text;
    shell.type(KEYS.enter);
    await sees('and can be sent', /NodeDataChanged path:\/apps\/orders/);
    await said(zk.getData('/apps/orders'), 'half-typed');
    shell.type(`watch /apps${KEYS.enter}`);
    await sees('a watch streams', 'watching /apps; Ctrl-C ends');
    await zk.set('/apps', 'z');
    await sees('its changes, one a line', /\nNodeDataChanged \/apps 0x[0-9a-f]+/);
    shell.type(KEYS.ctrlC);
    await sees('Ctrl-C ends the command and not the shell', /\(CONNECTED\) 6\] *$/);
    shell.type(`nothing${KEYS.ctrlC}`);
    await sees('Ctrl-C throws a line away', /nothing\^C\n\[zk: [^\n]*\] *$/);
    shell.type(`top${KEYS.enter}`);
    await shell.until(
      'top shows the server',
      ({ isTaken, text }) => isTaken && /standalone|leader/.test(text),
    );
    seen.push('top shows the server');
    captures.top = shell.screen.text;
    shell.type('q');
    await shell.until(
      'q ends top, and the screen is as it was',
      ({ isTaken, isCursorHidden, text }) =>
        !isTaken &&
        !isCursorHidden &&
        text.includes('nothing^C') &&
        /\(CONNECTED\) 7\] *$/.test(text),
    );
    seen.push('q ends top, and the screen is as it was');
    shell.type(`addauth digest user:secret${KEYS.enter}`);
    await sees('an identity is added', /\(CONNECTED\) 8\] *$/);
    shell.type(KEYS.ctrlD);
    if ((await shell.ended) !== 0) throw new Error('Ctrl-D does not end the shell well');
    seen.push('Ctrl-D ends the shell');
    const kept = readFileSync(history, 'utf8');
    if (!kept.includes('tree /apps\n') || kept.includes('secret')) throw new Error(`kept: ${kept}`);
    if ((statSync(history).mode & 0o777) !== 0o600) throw new Error('others can read the history');
    seen.push('lines are kept, for their owner alone and without passwords');
    await again(words, env, seen);
  } finally {
    await shell.end();
    await zk.close();
  }
  return { seen, captures };
}

/** Another run has the lines of the one before. */
async function again(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  seen: string[],
): Promise<void> {
  const shell: TypedProgram = typedProgram(words, { ...env, NO_COLOR: '1' });
  try {
    await shell.until('the prompt', ({ text }) => text.includes('(CONNECTED) 0]'));
    shell.type(KEYS.up);
    await shell.until('the next run has the line', ({ text }) => text.endsWith('0] top'));
    seen.push('the next run has the lines of the one before');
    shell.type(`${KEYS.ctrlC}quit${KEYS.enter}`);
    await shell.ended;
  } finally {
    await shell.end();
  }
}

async function said(data: Promise<Uint8Array>, text: string): Promise<void> {
  const found = new TextDecoder().decode(await data);
  if (found !== text) throw new Error(`the node holds ${found}, not ${text}`);
}
