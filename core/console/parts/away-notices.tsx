import type { Answer } from '../ask.js';
import { about } from '../link.js';
import { Notice } from './notice.js';

/** Why there is nothing of a server to be shown: states that the pages of figures share. */
export function NothingToTell({ why }: { readonly why: Answer<never> | undefined }) {
  if (why === undefined || why.kind === 'answered') {
    return <p class="verdict pending">Asking the server …</p>;
  }
  if (why.kind === 'silent') {
    return (
      <Notice icon="plug" title="The server does not answer" tone="warn">
        <p>Nobody answers at {location.host}. The page goes on asking.</p>
      </Notice>
    );
  }
  if (why.status === 403) {
    return (
      <Notice icon="lock" title="The server tells no figures here" tone="warn">
        <p>{why.words}</p>
        <p>
          This page lives from the admin commands. On addresses other than loopback they are off
          until the server's <code>zoo.cfg</code> says <code>vivarium.commands=true</code>.
        </p>
      </Notice>
    );
  }
  return (
    <Notice icon="warn" title="The server has no answer just now" tone="warn">
      <p>{why.words}.</p>
      <p>
        A server says so while it finds a leader, or when it is of a version that does not know the
        command. The page goes on asking.
      </p>
    </Notice>
  );
}

/** Behind a relay there is a byte stream and nothing else. */
export function BehindRelay({ what }: { readonly what: string }) {
  const servers = about.value?.servers.join(', ') ?? 'the servers';
  return (
    <Notice icon="plug" title={`No ${what} behind a relay`}>
      <p>
        This page comes from <code>vivarium console</code>, which carries its bytes to {servers} and
        knows nothing of them. The tree works; {what} are told by a server's admin commands, which
        the relay does not reach.
      </p>
      <p>
        A Vivarium server shows them on its own page: open <code>http://HOST:PORT/</code> with its
        client port.
      </p>
    </Notice>
  );
}
