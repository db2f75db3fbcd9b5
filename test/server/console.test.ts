import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { echoServer } from '../support/echo-server.js';
import { httpAsk } from '../support/http-ask.js';
import { suite } from '../support/suite.js';
import { REPOSITORY } from '../support/vivarium.js';

const BUILT = join(REPOSITORY, 'core', 'dist', 'console');

const ask = (port: number, path: string, headers: Readonly<Record<string, string>> = {}) =>
  httpAsk(port, path, { headers });

suite('the console', (test) => {
  test('is at / with a page that runs nothing but its own files', async (t) => {
    const { port } = await echoServer(t);
    const { status, body, headers } = await ask(port, '/');
    assert.is(status, 200);
    assert.is(headers['content-type'], 'text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]) {
      assert.match(policy, rule);
    }
    assert.not.match(policy, 'unsafe');
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.is(headers['referrer-policy'], 'no-referrer');
    assert.is(headers['cache-control'], 'no-cache');
    const html = body;
    assert.not.match(html, /<script(?![^>]*\ssrc=)/);
    assert.not.match(html, /<style|\sstyle=|\son\w+=/);
    assert.match(html, '/commands');
    assert.match(html, '/metrics');
  });

  test('has files for ever under names that change with them', async (t) => {
    const { port } = await echoServer(t);
    const html = (await ask(port, '/')).body;
    const paths = [...html.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path]) => path!);
    assert.is(paths.length, 3);
    for (const path of paths) {
      const { status, bytes, headers } = await ask(port, path);
      assert.is(status, 200, path);
      assert.match(String(headers['cache-control']), 'immutable');
      assert.match(path, /-[A-Z0-9]{8}\.\w+$/);
      assert.is(headers['x-content-type-options'], 'nosniff');
      assert.ok(bytes.equals(readFileSync(join(BUILT, path.replace('/console/', '')))));
    }
  });

  test('is sent compressed to whoever takes that, and to nobody else', async (t) => {
    const { port } = await echoServer(t);
    const plain = await ask(port, '/');
    assert.is(plain.headers['content-encoding'], undefined);
    for (const accepted of ['gzip', 'br, gzip;q=0.5', '*']) {
      const packed = await ask(port, '/', { 'Accept-Encoding': accepted });
      assert.is(packed.headers['content-encoding'], 'gzip', accepted);
      assert.is(packed.headers.vary, 'Accept-Encoding');
      assert.is(Number(packed.headers['content-length']), packed.bytes.length);
      assert.ok(gunzipSync(packed.bytes).equals(plain.bytes));
    }
    for (const refused of ['br', 'gzip;q=0', 'identity']) {
      const answer = await ask(port, '/', { 'Accept-Encoding': refused });
      assert.is(answer.headers['content-encoding'], undefined, refused);
    }
  });

  test('is not sent again to whoever has it', async (t) => {
    const { port } = await echoServer(t);
    const { headers } = await ask(port, '/');
    const again = await ask(port, '/', { 'If-None-Match': String(headers.etag) });
    assert.is(again.status, 304);
    assert.is(again.bytes.length, 0);
    assert.is(again.headers.etag, headers.etag);
    const weak = { 'If-None-Match': `"another", W/${headers.etag}` };
    assert.is((await ask(port, '/', weak)).status, 304);
    assert.is((await ask(port, '/', { 'If-None-Match': '"another"' })).status, 200);
  });

  test('answers HEAD, refuses what would change something, and knows no other files', async (t) => {
    const { port } = await echoServer(t);
    const head = await httpAsk(port, '/', { method: 'HEAD' });
    assert.equal([head.status, head.bytes.length], [200, 0]);
    assert.ok(Number(head.headers['content-length']) > 0);
    const post = await httpAsk(port, '/', { method: 'POST' });
    assert.equal([post.status, post.headers.allow], [405, 'GET, HEAD']);
    for (const path of [
      '/console/none.js',
      '/console/../index.js',
      '/console/..%2f..%2fpackage.json',
      '/console/constructor',
    ]) {
      assert.is((await ask(port, path)).status, 404, path);
    }
  });

  test('says who serves it', async (t) => {
    const { port } = await echoServer(t);
    const about = JSON.parse((await ask(port, '/console/about')).body);
    assert.is(about.kind, 'server');
    assert.equal(about.servers, [`127.0.0.1:${port}`]);
  });

  test('is off where the config says so, naming the key, and what is on stays to be found', async (t) => {
    const { port } = await echoServer(t, { consoleEnabled: false });
    for (const path of ['/', '/console/about']) {
      const { status, body } = await ask(port, path);
      assert.is(status, 403);
      assert.match(body, 'vivarium.console=true');
      assert.match(body, '/health, /ready, /metrics, /commands');
    }
  });

  test('refuses pages of others as all of HTTP does', async (t) => {
    const { port } = await echoServer(t);
    assert.is((await ask(port, '/', { Host: 'evil.example' })).status, 403);
    assert.is((await ask(port, '/', { Origin: 'http://evil.example' })).status, 403);
  });

  test('is built with a compressed copy of each file that is the file', () => {
    const names = readdirSync(BUILT);
    const plain = names.filter((name) => !name.endsWith('.gz'));
    assert.ok(plain.includes('index.html') && plain.length >= 4);
    for (const name of plain) {
      const packed = gunzipSync(readFileSync(join(BUILT, `${name}.gz`)));
      assert.ok(packed.equals(readFileSync(join(BUILT, name))), name);
    }
  });
});
