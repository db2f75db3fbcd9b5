import { ZOOKEEPER_VERSION } from '../../../admin/facts.js';
import { shellOptions } from './arguments.js';
import { answer, type ShellCommands } from './command.js';
import { ShellFailure } from './failure.js';

/** How many lines before the present one `history` shows. */
const LINES_SHOWN = 10;

/** Commands about the shell itself. */
export const ownCommands: ShellCommands = {
  connect: {
    usage: 'host:port',
    doc: 'Begin a new session, with other servers when some are named.',
    flags: {},
    words: [0, 1],
    paths: [],
    own: true,
    run: ({ control, rest: [server] }) => control.connect(server),
  },
  close: {
    usage: '',
    doc: 'End the session; `connect` begins another.',
    flags: {},
    words: [0, 0],
    own: true,
    run: ({ control }) => control.close(),
  },
  history: {
    usage: '',
    doc: 'The last lines of this run, with their numbers.',
    flags: {},
    words: [0, 0],
    own: true,
    async run(call) {
      const { lines } = call.control;
      const from = Math.max(0, lines.length - 1 - LINES_SHOWN);
      const shown = lines.slice(from).map((line, at) => ({ number: from + at, line }));
      answer(
        call,
        () => ({ history: shown }),
        () => shown.map(({ number, line }) => `${number} - ${line}`),
      );
    },
  },
  redo: {
    usage: 'cmdno',
    doc: 'Run a line of this run again, by its number in `history`.',
    flags: {},
    words: [1, 1],
    paths: [],
    own: true,
    async run({ control, rest: [text = ''] }) {
      const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
      const line = control.lines[number];
      if (line === undefined || number >= control.lines.length - 1) {
        throw new ShellFailure('Command index out of range');
      }
      if (/^\s*redo(\s|$)/.test(line)) throw new ShellFailure('No redoing redos');
      await control.redo(line);
    },
  },
  version: {
    usage: '',
    doc: 'Version of this shell.',
    flags: {},
    words: [0, 0],
    own: true,
    async run(call) {
      const { version } = call.control;
      answer(
        call,
        () => ({ vivarium: version, zookeeper: ZOOKEEPER_VERSION }),
        () => [`Vivarium shell version: ${version}, speaking ZooKeeper ${ZOOKEEPER_VERSION}`],
      );
    },
  },
  help: {
    usage: '[command]',
    doc: 'Every command, or one of them.',
    flags: {},
    words: [0, 1],
    paths: [],
    own: true,
    async run(call) {
      const { commands } = call.control;
      const [name] = call.rest;
      const rows = Object.entries(commands).filter(([each]) => name === undefined || each === name);
      if (rows.length === 0) throw new ShellFailure(`there is no command ${name}`, 'usage');
      const lines = rows.map(([each, row]) => `\t${`${each} ${row.usage}`.trimEnd()}`);
      answer(
        call,
        () => ({ commands: rows.map(([each, { usage, doc }]) => ({ name: each, usage, doc })) }),
        () =>
          name === undefined
            ? [HEAD, ...lines]
            : [`${name} ${rows[0]![1].usage}`.trimEnd(), `  ${rows[0]![1].doc}`],
      );
    },
  },
  quit: {
    usage: '',
    doc: 'End the shell, and the session with it.',
    flags: {},
    words: [0, 0],
    own: true,
    async run({ control }) {
      control.quit();
    },
  },
  exit: {
    usage: '',
    doc: 'The same.',
    flags: {},
    words: [0, 0],
    own: true,
    async run({ control }) {
      control.quit();
    },
  },
};

const OPTIONS = shellOptions.map(([option]) => `[${option}]`).join(' ');
const HEAD = `vivarium shell ${OPTIONS} command args`;
