import { utf8 } from '@vivarium/core/internal/base/bytes';
import { quotaText } from './choices.js';
import { type Made, type Maker, request } from './request-parts.js';

/** Limits for a path, with the nodes above them when these are missing. */
export function quota(maker: Maker): Made {
  const { random } = maker;
  const at = random.pick(['/a', '/a', '/b', '/a/x']);
  const base = `/zookeeper/quota${at}`;
  const acl = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
  const data = utf8(quotaText(random));
  if (random.chance(0.2)) {
    const stats = `${base}/zookeeper_stats`;
    return request('getData', { path: stats, watch: false }, {});
  }
  if (random.chance(0.1))
    return request('delete', { path: `${base}/zookeeper_limits`, version: -1 }, {});
  if (maker.exists(`${base}/zookeeper_limits`)) {
    return request('setData', { path: `${base}/zookeeper_limits`, data, version: -1 }, {});
  }
  if (!maker.exists(base)) {
    return request('create', { path: base, data: null, acl, flags: 0 }, { path: base });
  }
  const name = maker.exists(`${base}/zookeeper_stats`) ? 'zookeeper_limits' : 'zookeeper_stats';
  const text = name === 'zookeeper_stats' ? utf8('count=0,bytes=0') : data;
  return request(
    'create',
    { path: `${base}/${name}`, data: text, acl, flags: 0 },
    { path: `${base}/${name}` },
  );
}
