/**
 * Every record that client and server exchange, in the order of ZooKeeper's `zookeeper.jute`.
 * What a field means is said here, once; editors show it wherever the field is used.
 */
import { Acl, aclListOrNull, Id } from './acl.js';
import type { TypeOf } from './types.js';
import {
  boolean,
  bufferOrNull,
  int,
  long,
  record,
  time,
  ustring,
  ustringOrNull,
  vector,
  vectorOrNull,
} from './types.js';

export { Acl, Id };

export const Stat = record('Stat', {
  /** zxid of the write that created the node. */
  czxid: long,
  /** zxid of the last change of the node's data. */
  mzxid: long,
  /** Creation time, leader's wall clock, milliseconds since 1970. */
  ctime: time,
  /** Time of the last change of the data. */
  mtime: time,
  /** Number of changes of the data since creation. */
  version: int,
  /** Number of creations and deletions of children. */
  cversion: int,
  /** Number of changes of the ACL. */
  aversion: int,
  /** Session that owns the node when it is ephemeral, else 0. */
  ephemeralOwner: long,
  /** Bytes of data; 0 also for null data. */
  dataLength: int,
  numChildren: int,
  /** zxid of the last creation or deletion of a child. */
  pzxid: long,
});
export interface Stat extends TypeOf<typeof Stat> {}

/** Stat as it stands in snapshots: raw cversion and owner, nothing derived. */
export const StatPersisted = record('StatPersisted', {
  czxid: long,
  mzxid: long,
  ctime: time,
  mtime: time,
  version: int,
  /** Number of creations of children only; sequence numbers come from it. */
  cversion: int,
  aversion: int,
  /** Session id, or the marks of container and TTL nodes. */
  ephemeralOwner: long,
  pzxid: long,
});
export interface StatPersisted extends TypeOf<typeof StatPersisted> {}

export const ClientInfo = record('ClientInfo', { authScheme: ustring, user: ustring });
export interface ClientInfo extends TypeOf<typeof ClientInfo> {}

/* Connecting. */

/** First frame of a client; the trailing `readOnly` byte may be absent: see `connect.ts`. */
export const ConnectRequest = record('ConnectRequest', {
  protocolVersion: int,
  /** Highest zxid the client has seen; a server that is behind it refuses. */
  lastZxidSeen: long,
  /** Requested session timeout, milliseconds. */
  timeOut: int,
  /** 0 asks for a new session. */
  sessionId: long,
  passwd: bufferOrNull,
});
export interface ConnectRequest extends TypeOf<typeof ConnectRequest> {}

/** First frame of a server; the `readOnly` byte follows only if the request had one. */
export const ConnectResponse = record('ConnectResponse', {
  protocolVersion: int,
  /** Negotiated timeout, milliseconds; 0 means that the session is gone. */
  timeOut: int,
  sessionId: long,
  passwd: bufferOrNull,
});
export interface ConnectResponse extends TypeOf<typeof ConnectResponse> {}

/* Headers. */

export const RequestHeader = record('RequestHeader', { xid: int, type: int });
export interface RequestHeader extends TypeOf<typeof RequestHeader> {}

export const ReplyHeader = record('ReplyHeader', {
  xid: int,
  /** Last zxid the server had applied when it answered. */
  zxid: long,
  /** 0 or an error code; see `base/errors.ts`. */
  err: int,
});
export interface ReplyHeader extends TypeOf<typeof ReplyHeader> {}

/* Requests and replies. */

export const CreateRequest = record(
  'CreateRequest',
  {
    /** Absolute path; the chroot is already part of it. */
    path: ustring,
    data: bufferOrNull,
    acl: aclListOrNull,
    /** A row of `create-modes.ts`. */
    flags: int,
  },
  {
    read: (from) => ({
      path: from.string(),
      data: from.bufferOrNull(),
      acl: aclListOrNull.read(from),
      flags: from.int(),
    }),
  },
);
export interface CreateRequest extends TypeOf<typeof CreateRequest> {}

export const CreateTtlRequest = record('CreateTtlRequest', {
  path: ustring,
  data: bufferOrNull,
  acl: aclListOrNull,
  flags: int,
  /** Milliseconds without change after which an empty node may go. */
  ttl: long,
});
export interface CreateTtlRequest extends TypeOf<typeof CreateTtlRequest> {}

export const DeleteRequest = record(
  'DeleteRequest',
  {
    path: ustring,
    /** Expected data version, or -1 for any. */
    version: int,
  },
  { read: (from) => ({ path: from.string(), version: from.int() }) },
);
export interface DeleteRequest extends TypeOf<typeof DeleteRequest> {}

export const SetDataRequest = record(
  'SetDataRequest',
  {
    path: ustring,
    data: bufferOrNull,
    /** Expected data version, or -1 for any. */
    version: int,
  },
  {
    read: (from) => ({
      path: from.string(),
      data: from.bufferOrNull(),
      version: from.int(),
    }),
  },
);
export interface SetDataRequest extends TypeOf<typeof SetDataRequest> {}

export const SetAclRequest = record('SetAclRequest', {
  path: ustring,
  acl: aclListOrNull,
  /** Expected ACL version, or -1 for any. */
  version: int,
});
export interface SetAclRequest extends TypeOf<typeof SetAclRequest> {}

export const CheckVersionRequest = record('CheckVersionRequest', {
  path: ustring,
  /** Expected data version, or -1 for any. */
  version: int,
});
export interface CheckVersionRequest extends TypeOf<typeof CheckVersionRequest> {}

/** exists, getData, getChildren and getChildren2 all ask this. */
export const ReadRequest = record('ReadRequest', {
  path: ustring,
  /** Whether to leave a one-shot watch. */
  watch: boolean,
});
export interface ReadRequest extends TypeOf<typeof ReadRequest> {}

/** Requests that name a path and nothing else. */
export const PathRequest = record('PathRequest', { path: ustringOrNull });
export interface PathRequest extends TypeOf<typeof PathRequest> {}

export const ReconfigRequest = record('ReconfigRequest', {
  joiningServers: ustringOrNull,
  leavingServers: ustringOrNull,
  newMembers: ustringOrNull,
  curConfigId: long,
});
export interface ReconfigRequest extends TypeOf<typeof ReconfigRequest> {}

export const AddWatchRequest = record('AddWatchRequest', {
  path: ustring,
  /** 0 persistent, 1 persistent and recursive. */
  mode: int,
});
export interface AddWatchRequest extends TypeOf<typeof AddWatchRequest> {}

/** checkWatches and removeWatches. */
export const WatchesRequest = record('WatchesRequest', {
  path: ustring,
  /** A row of `watcherTypes` in `events.ts`. */
  type: int,
});
export interface WatchesRequest extends TypeOf<typeof WatchesRequest> {}

export const SetWatches = record('SetWatches', {
  /** Highest zxid the client has seen in replies; changes after it are told at once. */
  relativeZxid: long,
  dataWatches: vectorOrNull(ustring),
  existWatches: vectorOrNull(ustring),
  childWatches: vectorOrNull(ustring),
});
export interface SetWatches extends TypeOf<typeof SetWatches> {}

export const SetWatches2 = record('SetWatches2', {
  relativeZxid: long,
  dataWatches: vectorOrNull(ustring),
  existWatches: vectorOrNull(ustring),
  childWatches: vectorOrNull(ustring),
  persistentWatches: vectorOrNull(ustring),
  persistentRecursiveWatches: vectorOrNull(ustring),
});
export interface SetWatches2 extends TypeOf<typeof SetWatches2> {}

export const AuthPacket = record('AuthPacket', {
  /** Always 0. */
  type: int,
  scheme: ustringOrNull,
  auth: bufferOrNull,
});
export interface AuthPacket extends TypeOf<typeof AuthPacket> {}

export const SaslToken = record('SaslToken', { token: bufferOrNull });
export interface SaslToken extends TypeOf<typeof SaslToken> {}

export const GetEphemeralsRequest = record('GetEphemeralsRequest', { prefixPath: ustringOrNull });
export interface GetEphemeralsRequest extends TypeOf<typeof GetEphemeralsRequest> {}

export const Empty = record('Empty', {});
export interface Empty extends TypeOf<typeof Empty> {}

export const PathResponse = record('PathResponse', { path: ustringOrNull });
export interface PathResponse extends TypeOf<typeof PathResponse> {}

export const Create2Response = record('Create2Response', { path: ustring, stat: Stat });
export interface Create2Response extends TypeOf<typeof Create2Response> {}

export const StatResponse = record('StatResponse', { stat: Stat });
export interface StatResponse extends TypeOf<typeof StatResponse> {}

export const GetDataResponse = record('GetDataResponse', { data: bufferOrNull, stat: Stat });
export interface GetDataResponse extends TypeOf<typeof GetDataResponse> {}

export const GetAclResponse = record('GetAclResponse', { acl: vector(Acl), stat: Stat });
export interface GetAclResponse extends TypeOf<typeof GetAclResponse> {}

export const GetChildrenResponse = record('GetChildrenResponse', { children: vector(ustring) });
export interface GetChildrenResponse extends TypeOf<typeof GetChildrenResponse> {}

export const GetChildren2Response = record('GetChildren2Response', {
  children: vector(ustring),
  stat: Stat,
});
export interface GetChildren2Response extends TypeOf<typeof GetChildren2Response> {}

export const GetEphemeralsResponse = record('GetEphemeralsResponse', {
  ephemerals: vector(ustring),
});
export interface GetEphemeralsResponse extends TypeOf<typeof GetEphemeralsResponse> {}

export const GetAllChildrenNumberResponse = record('GetAllChildrenNumberResponse', {
  totalNumber: int,
});
export interface GetAllChildrenNumberResponse extends TypeOf<typeof GetAllChildrenNumberResponse> {}

export const WhoAmIResponse = record('WhoAmIResponse', { clientInfo: vector(ClientInfo) });
export interface WhoAmIResponse extends TypeOf<typeof WhoAmIResponse> {}

export const ErrorResponse = record('ErrorResponse', { err: int });
export interface ErrorResponse extends TypeOf<typeof ErrorResponse> {}

export const WatcherEvent = record('WatcherEvent', {
  /** A row of `eventTypes` in `events.ts`. */
  type: int,
  /** A row of `keeperStates` in `events.ts`; a server only sends 3, connected. */
  state: int,
  path: ustring,
});
export interface WatcherEvent extends TypeOf<typeof WatcherEvent> {}

/** Stands before each operation and each result of a multi, and ends the list. */
export const MultiHeader = record(
  'MultiHeader',
  { type: int, done: boolean, err: int },
  { read: (from) => ({ type: from.int(), done: from.boolean(), err: from.int() }) },
);
export interface MultiHeader extends TypeOf<typeof MultiHeader> {}
