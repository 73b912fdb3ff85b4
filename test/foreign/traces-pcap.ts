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
