import { answer, type ShellCommands } from './command.js';
import { aclText, readAcl, statText } from './format.js';
import { aclShape, statShape } from './json-shapes.js';
import { versionOf } from './nodes.js';
import { unlessGone, walk } from './walk.js';

/** Who may do what, and who we are. */
export const aclCommands: ShellCommands = {
  getAcl: {
    usage: '[-s] path',
    doc: 'Access control list of a node.',
    flags: { s: false },
    words: [1, 1],
    async run(call) {
      const [path = ''] = call.rest;
      const { acl, stat } = await call.client.getAcl(path);
      answer(
        call,
        () => ({ path, acl: aclShape(acl), stat: statShape(stat) }),
        () => [aclText(acl), ...(call.flags.has('s') ? [statText(stat)] : [])],
      );
    },
  },
  setAcl: {
    usage: '[-s] [-v version] [-R] path acl',
    doc: 'Access control list of a node; -R of the whole tree below it too.',
    flags: { s: false, v: true, R: false },
    words: [2, 2],
    async run(call) {
      const { client, flags } = call;
      const [path = '', text = ''] = call.rest;
      const acl = readAcl(text);
      const version = versionOf(flags);
      if (!flags.has('R')) {
        const stat = await client.setAcl(path, acl, version);
        answer(
          call,
          () => ({ path, stat: statShape(stat) }),
          () => (flags.has('s') ? [statText(stat)] : []),
        );
        return;
      }
      let count = 0;
      for await (const each of walk(client, path)) {
        const change = client.setAcl(each, acl, version);
        await (each === path ? change : unlessGone(change));
        count++;
        if (count % 100 === 0) call.output.progress(`changed ${count} nodes`);
      }
      if (call.json) call.output.out(JSON.stringify({ path, count }));
    },
  },
  addauth: {
    usage: 'scheme auth',
    doc: 'Add an identity to this session, such as: addauth digest user:password.',
    flags: {},
    words: [1, 2],
    paths: [],
    async run({ client, rest: [scheme = '', auth = ''] }) {
      await client.addAuth({ scheme, auth });
    },
  },
  whoami: {
    usage: '',
    doc: 'Identities by which the server knows this session.',
    flags: {},
    words: [0, 0],
    async run(call) {
      const known = await call.client.whoAmI();
      answer(
        call,
        () => ({ identities: known.map(({ authScheme, user }) => ({ scheme: authScheme, user })) }),
        () => [
          'Auth scheme: User',
          ...known.map(({ authScheme, user }) => `${authScheme}: ${user}`),
        ],
      );
    },
  },
};
