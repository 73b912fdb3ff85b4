/**
 * Frames of a TCP connection that carried given bytes, for tools that read captures: Ethernet,
 * IPv4 and TCP with sequence numbers and checksums as they should be. The addresses are those
 * that RFC 5737 keeps for documentation: what the real ones were is not on the tape.
 */

export interface Station {
  /** Last byte of 192.0.2.x and of its MAC address. */
  readonly host: number;
  readonly port: number;
}

const ETHERNET = 14;
const IP = 20;
const TCP = 20;
const HEADERS = ETHERNET + IP + TCP;
/** Data of one segment on Ethernet. */
const SEGMENT_MAX = 1460;

const FIN = 0x01;
const SYN = 0x02;
const PSH = 0x08;
const ACK = 0x10;

type End = "client" | "server";

export class SyntheticTcp {
  private readonly stations: { readonly [end in End]: Station };
  private readonly next: { [end in End]: number } = { client: 0, server: 0 };
  private identification = 0;
  private closed = false;

  constructor(client: Station, server: Station) {
    this.stations = { client, server };
  }

  /** The three frames that begin it. */
  open(): readonly Uint8Array[] {
    const syn = this.frame("client", SYN, EMPTY);
    this.advance("client", 1);
    const answer = this.frame("server", SYN | ACK, EMPTY);
    this.advance("server", 1);
    return [syn, answer, this.frame("client", ACK, EMPTY)];
  }

  send(from: End, bytes: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < bytes.length && !this.closed; at += SEGMENT_MAX) {
      const data = bytes.subarray(at, at + SEGMENT_MAX);
      frames.push(this.frame(from, PSH | ACK, data));
      this.advance(from, data.length);
    }
    return frames;
  }

  /** A frame without data that acknowledges all that came. */
  acknowledge(from: End): Uint8Array {
    return this.frame(from, ACK, EMPTY);
  }

  /** The frames that end it; none if it has ended. */
  close(): readonly Uint8Array[] {
    if (this.closed) return [];
    this.closed = true;
    const first = this.frame("client", FIN | ACK, EMPTY);
    this.advance("client", 1);
    const second = this.frame("server", FIN | ACK, EMPTY);
    this.advance("server", 1);
    return [first, second, this.frame("client", ACK, EMPTY)];
  }

  private advance(end: End, by: number): void {
    this.next[end] = (this.next[end] + by) >>> 0;
  }

  private frame(from: End, flags: number, data: Uint8Array): Uint8Array {
    const to: End = from === "client" ? "server" : "client";
    const [source, target] = [this.stations[from], this.stations[to]];
    const frame = new Uint8Array(HEADERS + data.length);
    const view = new DataView(frame.buffer);
    putEthernet(frame, source, target);
    this.identification = (this.identification + 1) & 0xffff;
    putIp(frame, view, source, target, this.identification);
    const tcp = ETHERNET + IP;
    view.setUint16(tcp, source.port);
    view.setUint16(tcp + 2, target.port);
    view.setUint32(tcp + 4, this.next[from]);
    view.setUint32(tcp + 8, (flags & ACK) === 0 ? 0 : this.next[to]);
    frame[tcp + 12] = (TCP / 4) << 4;
    frame[tcp + 13] = flags;
    view.setUint16(tcp + 14, 0xffff);
    frame.set(data, HEADERS);
    view.setUint16(tcp + 16, tcpChecksum(frame, view));
    return frame;
  }
}

const EMPTY = new Uint8Array(0);

/** Locally administered addresses, 02:00:00:00:00:x. */
function putEthernet(frame: Uint8Array, source: Station, target: Station): void {
  frame[0] = 0x02;
  frame[5] = target.host;
  frame[6] = 0x02;
  frame[11] = source.host;
  frame[12] = 0x08;
}

function putIp(
  frame: Uint8Array,
  view: DataView,
  source: Station,
  target: Station,
  identification: number,
): void {
  frame[ETHERNET] = 0x45;
  view.setUint16(ETHERNET + 2, frame.length - ETHERNET);
  view.setUint16(ETHERNET + 4, identification);
  // Do not fragment; 64 hops; TCP.
  view.setUint16(ETHERNET + 6, 0x4000);
  frame[ETHERNET + 8] = 64;
  frame[ETHERNET + 9] = 6;
  frame.set([192, 0, 2, source.host], ETHERNET + 12);
  frame.set([192, 0, 2, target.host], ETHERNET + 16);
  view.setUint16(ETHERNET + 10, folded(sum(view, ETHERNET, ETHERNET + IP)));
}

/** With the pseudo header of RFC 9293, 3.1. */
function tcpChecksum(frame: Uint8Array, view: DataView): number {
  const length = frame.length - ETHERNET - IP;
  const addresses = sum(view, ETHERNET + 12, ETHERNET + 20);
  return folded(addresses + 6 + length + sum(view, ETHERNET + IP, frame.length));
}

function sum(view: DataView, start: number, end: number): number {
  let total = 0;
  for (let at = start; at + 1 < end; at += 2) total += view.getUint16(at);
  if ((end - start) % 2 !== 0) total += view.getUint8(end - 1) << 8;
  return total;
}

function folded(total: number): number {
  let rest = total;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return ~rest & 0xffff;
}
