/**
 * Kazoo's own test harness starts its servers by running `java`. A script of that name, first on
 * the path, runs the server under test in its place, with the `zoo.cfg` that the harness has
 * written, on the loopback interface. Both lose the lines about SASL, and in an ensemble those
 * about reconfiguration, which Vivarium refuses, so that the two are configured alike. A single
 * server of Apache's keeps the latter: it then refuses in a way that kazoo understands at once.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../../core/bin/vivarium.js', import.meta.url));

export type KazooSubject = 'apache' | 'vivarium' | 'apache with SASL';

const findConfig = `#!/bin/sh
for config; do :; done
printf '\\nclientPortAddress=127.0.0.1\\n' >> "$config"
`;

const withoutSasl = `sed -i -e '/^authProvider/d' "$config"
: > "$(dirname "$config")/jaas.conf"
`;
const withoutReconfig = `sed -i -e '/^reconfigEnabled/d' "$config"
`;

/** Properties are keys of its own. */
const asVivarium = (node: string) => `for word; do
  case $word in
    -Dzookeeper.DigestAuthenticationProvider.superDigest=*)
      printf '%s\\n' "\${word#-Dzookeeper.}" >> "$config" ;;
    -Dreadonlymode.enabled=*)
      printf '%s\\n' "\${word#-D}" >> "$config" ;;
  esac
done
exec '${node}' '${program}' server "$config"
`;

/** Writes the script into `folder/NAME/java` and returns the folder to put first on the path. */
export function writeStandIn(
  folder: string,
  subject: KazooSubject,
  servers: number,
  realJava: string,
): string {
  const bin = join(folder, subject.replaceAll(' ', '-'));
  mkdirSync(bin, { recursive: true });
  const apache = `exec '${realJava}' -Xmx512m -XX:TieredStopAtLevel=1 "$@"\n`;
  const scripts = {
    vivarium: findConfig + withoutSasl + withoutReconfig + asVivarium(process.execPath),
    apache: findConfig + withoutSasl + (servers > 1 ? withoutReconfig : '') + apache,
    'apache with SASL': findConfig + apache,
  };
  const script = join(bin, 'java');
  writeFileSync(script, scripts[subject]);
  chmodSync(script, 0o755);
  return bin;
}
