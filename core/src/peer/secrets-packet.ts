import { MalformedError, Reader } from '../wire/reader.js';
import { boolean, bufferOrNull, long, record, type TypeOf, vector } from '../wire/types.js';
import { Writer } from '../wire/writer.js';

/** What a leader tells a Vivarium learner of passwords, before that serves. */
const SecretsPacket = record('SecretsPacket', {
  /** The first makes passwords; all of them prove. */
  secrets: vector(bufferOrNull),
  /** Whether new sessions get ZooKeeper's computable passwords. */
  usesApacheRule: boolean,
  /** Sessions whose passwords follow that rule. */
  apacheSessions: vector(long),
});
export interface SecretsPacket extends TypeOf<typeof SecretsPacket> {}

export function encodeSecrets(packet: SecretsPacket): Uint8Array {
  const to = new Writer(256);
  SecretsPacket.write(to, packet);
  return to.copy();
}

/** @throws MalformedError */
export function decodeSecrets(data: Uint8Array): SecretsPacket & {
  readonly secrets: readonly Uint8Array[];
} {
  const packet = SecretsPacket.read(new Reader(data));
  const secrets = packet.secrets.map((secret) => {
    if (secret === null || secret.length < 16) throw new MalformedError('a secret is too short');
    return secret.slice();
  });
  if (secrets.length === 0) throw new MalformedError('there is no secret');
  return { ...packet, secrets };
}
