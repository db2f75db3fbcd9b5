/**
 * Kazoo's own test harness starts its servers by running `java`. A script of that name, first on
 * the path, runs the server under test in its place, with the `zoo.cfg` that the harness has
 * written, on the loopback interface. Both servers lose the lines about SASL and about
 * reconfiguration, which Vivarium refuses, so that the two are configured alike.
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

const alike = `sed -i -e '/^authProvider/d' -e '/^reconfigEnabled/d' "$config"
: > "$(dirname "$config")/jaas.conf"
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
export function writeStandIn(folder: string, subject: KazooSubject, realJava: string): string {
  const bin = join(folder, subject.replaceAll(' ', '-'));
  mkdirSync(bin, { recursive: true });
  const apache = `exec '${realJava}' -Xmx512m -XX:TieredStopAtLevel=1 "$@"\n`;
  const scripts = {
    vivarium: findConfig + alike + asVivarium(process.execPath),
    apache: findConfig + alike + apache,
    'apache with SASL': findConfig + apache,
  };
  const script = join(bin, 'java');
  writeFileSync(script, scripts[subject]);
  chmodSync(script, 0o755);
  return bin;
}
