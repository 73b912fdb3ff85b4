/** The TCP payloads of a capture file, in order. Enough for small captures of one machine: classic pcap, Ethernet, IPv4. */
export interface Payload {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;
const IPV4 = 0x0800;
const TCP = 6;
const MAGIC_LITTLE_ENDIAN = 0xa1b2c3d4;

export function payloadsOf(file: Buffer): Payload[] {
  if (file.readUInt32LE(0) !== MAGIC_LITTLE_ENDIAN) throw new Error("not a classic pcap file");
  const payloads: Payload[] = [];
  for (let at = FILE_HEADER; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const payload = payloadOf(file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length));
    if (payload) payloads.push(payload);
    at += RECORD_HEADER + length;
  }
  return payloads;
}

function payloadOf(frame: Buffer): Payload | undefined {
  if (frame.readUInt16BE(12) !== IPV4 || frame[ETHERNET + 9] !== TCP) return undefined;
  const ipLength = (frame.readUInt8(ETHERNET) & 15) * 4;
  const tcp = frame.subarray(ETHERNET + ipLength, ETHERNET + frame.readUInt16BE(ETHERNET + 2));
  const bytes = tcp.subarray((tcp.readUInt8(12) >> 4) * 4);
  if (bytes.length === 0) return undefined;
  return { from: tcp.readUInt16BE(0), to: tcp.readUInt16BE(2), bytes };
}

const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_INTERFACE = 1;
const PCAPNG_PACKET = 6;
/** Bytes before the IP packet, by link type: BSD loopback, Ethernet, raw. */
const LINK_HEADERS: { readonly [type: number]: number } = { 0: 4, 1: ETHERNET, 101: 0 };

/** All bytes of each direction of each TCP connection of one machine, of a pcap or pcapng file. */
export function streamsOf(file: Buffer): Buffer[] {
  const streams = new Map<string, Buffer[]>();
  for (const { link, frame } of framesOf(file)) {
    const ip = frame.subarray(LINK_HEADERS[link] ?? ETHERNET);
    const tcp = segmentOf(ip);
    if (tcp === undefined) continue;
    const bytes = tcp.subarray((tcp.readUInt8(12) >> 4) * 4);
    const key = tcp.toString("hex", 0, 4);
    streams.set(key, [...(streams.get(key) ?? []), bytes]);
  }
  return [...streams.values()].map((parts) => Buffer.concat(parts));
}

const IPV6_HEADER = 40;

function segmentOf(ip: Buffer): Buffer | undefined {
  const version = ip.readUInt8(0) >> 4;
  if (version === 4 && ip[9] === TCP) {
    return ip.subarray((ip.readUInt8(0) & 15) * 4, ip.readUInt16BE(2));
  }
  if (version !== 6 || ip[6] !== TCP) return undefined;
  return ip.subarray(IPV6_HEADER, IPV6_HEADER + ip.readUInt16BE(4));
}

interface Frame {
  readonly link: number;
  readonly frame: Buffer;
}

function framesOf(file: Buffer): Frame[] {
  const frames: Frame[] = [];
  if (file.readUInt32LE(0) === MAGIC_LITTLE_ENDIAN) {
    const link = file.readUInt32LE(20);
    for (let at = FILE_HEADER; at < file.length; ) {
      const length = file.readUInt32LE(at + 8);
      frames.push({ link, frame: file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length) });
      at += RECORD_HEADER + length;
    }
    return frames;
  }
  if (file.readUInt32LE(0) !== PCAPNG_SECTION) throw new Error("neither pcap nor pcapng");
  let link = 1;
  for (let at = 0; at + 12 <= file.length; at += file.readUInt32LE(at + 4)) {
    const type = file.readUInt32LE(at);
    if (type === PCAPNG_INTERFACE) link = file.readUInt16LE(at + 8);
    if (type !== PCAPNG_PACKET) continue;
    frames.push({ link, frame: file.subarray(at + 28, at + 28 + file.readUInt32LE(at + 20)) });
  }
  return frames;
}
