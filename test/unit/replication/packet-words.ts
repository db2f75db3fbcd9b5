/** Packets between servers in a few words each. */
import { operations } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { type Packet, packetName, packets } from '../../sim/inside/quorum-stream.js';

type SessionName = (id: bigint) => string;

/** `1:4` for the fourth transaction of epoch 1. */
export function zxidText(zxid: bigint): string {
  return `${zxid >> 32n}:${zxid & 0xffff_ffffn}`;
}

/** Whether a packet is part of what goes on all the time. */
export function isHeartbeat({ type }: Packet): boolean {
  return type === packets.ping || type === packets.heard;
}

export function describe(packet: Packet, sessionName: SessionName): string {
  const { type, zxid, data } = packet;
  const name = packetName(type).toUpperCase();
  const view = data && new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (type) {
    case packets.followerInfo:
    case packets.observerInfo:
      return `${name} accepted epoch ${zxid >> 32n}`;
    case packets.leaderInfo:
      return `${name} epoch ${zxid >> 32n}`;
    case packets.ackEpoch: {
      const epoch = view!.getInt32(0);
      const history = zxid < 0n ? 'no history' : `history up to ${zxidText(zxid)}`;
      const wish = view!.byteLength > 4 ? ', wants a tree' : '';
      return `${name} ${epoch < 0 ? 'again' : `current epoch ${epoch}`}, ${history}${wish}`;
    }
    case packets.proposal:
    case packets.inform:
      return `${name} ${zxidText(zxid)} ${transactionWords(view!, sessionName)}`;
    case packets.request:
      return `${name} ${requestWords(view!, sessionName)}`;
    case packets.revalidate:
      return `${name} ${sessionName(view!.getBigInt64(0))}${verdict(view!)}`;
    case packets.ping:
      return `${name}${sessionsIn(view, sessionName)}`;
    case packets.heard:
    case packets.upToDate:
    case packets.secrets:
    case packets.sync:
      return name;
    default:
      return `${name} ${zxidText(zxid)}`;
  }
}

/** Session, cxid, zxid, time and type come first. */
const TYPE_AT = 28;
const PATH_AT = 32;

function transactionWords(view: DataView, sessionName: SessionName): string {
  const type = view.getInt32(TYPE_AT);
  const [name] = Object.entries(txnTypes).find(([, code]) => code === type) ?? [type];
  const isOfSession = type === txnTypes.createSession || type === txnTypes.closeSession;
  if (isOfSession) return `${name} ${sessionName(view.getBigInt64(0))}`;
  if (type === txnTypes.multi || type === txnTypes.error) return String(name);
  return `${name} ${textAt(view, PATH_AT)}`;
}

function requestWords(view: DataView, sessionName: SessionName): string {
  const session = sessionName(view.getBigInt64(0));
  const code = view.getInt32(12);
  const found = Object.entries(operations).find(([, operation]) => operation.code === code);
  return `${found?.[0] ?? code} of ${session}`;
}

/** An answer has a byte behind the session and no timeout. */
function verdict(view: DataView): string {
  if (view.byteLength !== 9) return '';
  return view.getUint8(8) === 1 ? ': it may' : ': it may not';
}

/** A learner's report: sessions and their timeouts. */
function sessionsIn(view: DataView | null, sessionName: SessionName): string {
  const names: string[] = [];
  for (let at = 0; view !== null && at + 12 <= view.byteLength; at += 12) {
    names.push(sessionName(view.getBigInt64(at)));
  }
  return names.length === 0 ? '' : ` heard from ${names.join(' ')}`;
}

function textAt(view: DataView, at: number): string {
  const length = view.getInt32(at);
  const { buffer, byteOffset } = view;
  return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + at + 4, length));
}
