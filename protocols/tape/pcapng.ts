/**
 * Writes pcapng, the capture format that Wireshark reads (draft-ietf-opsawg-pcapng): one section,
 * one Ethernet interface, packets with comments. Little-endian throughout.
 */
import { ByteWriter } from "./byte-writer.ts";
import { encodeUtf8 } from "./utf8.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
const LINKTYPE_ETHERNET = 1;

const OPT_END = 0;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;

/** An option's length has 16 bits, and a comment longer than this helps nobody. */
const COMMENT_BYTES_MAX = 4000;

export interface Packet {
  readonly wallMs: number;
  /** With its link-layer header. */
  readonly frame: Uint8Array;
  readonly comments: readonly string[];
}

/** What stands before the first packet. */
export function pcapngStart(program: string, comment: string, interfaceName: string): Uint8Array {
  const out = new ByteWriter(512);
  block(out, SECTION_HEADER, () => {
    uint32(out, BYTE_ORDER_MAGIC);
    uint16(out, 1);
    uint16(out, 0);
    // Length of the section: not known, -1.
    uint32(out, 0xffffffff);
    uint32(out, 0xffffffff);
    textOption(out, OPT_COMMENT, comment);
    textOption(out, SHB_USERAPPL, program);
    option(out, OPT_END, new Uint8Array(0));
  });
  block(out, INTERFACE, () => {
    uint16(out, LINKTYPE_ETHERNET);
    uint16(out, 0);
    uint32(out, 0);
    textOption(out, IF_NAME, interfaceName);
    // Units of 10^-6 seconds.
    option(out, IF_TSRESOL, Uint8Array.of(6));
    option(out, OPT_END, new Uint8Array(0));
  });
  return out.take();
}

export function pcapngPacket(out: ByteWriter, { wallMs, frame, comments }: Packet): void {
  const microseconds = Math.round(wallMs * 1000);
  block(out, ENHANCED_PACKET, () => {
    uint32(out, 0);
    uint32(out, Math.floor(microseconds / 0x1_0000_0000));
    uint32(out, microseconds % 0x1_0000_0000);
    uint32(out, frame.length);
    uint32(out, frame.length);
    out.raw(frame);
    pad(out, frame.length);
    if (comments.length === 0) return;
    for (const comment of comments) textOption(out, OPT_COMMENT, comment);
    option(out, OPT_END, new Uint8Array(0));
  });
}

function block(out: ByteWriter, type: number, body: () => void): void {
  const start = out.length;
  uint32(out, type);
  uint32(out, 0);
  body();
  const length = out.length - start + 4;
  uint32(out, length);
  new DataView(out.bytes.buffer, out.bytes.byteOffset).setUint32(start + 4, length, true);
}

function textOption(out: ByteWriter, code: number, text: string): void {
  let bytes = encodeUtf8(text);
  if (bytes.length > COMMENT_BYTES_MAX) bytes = encodeUtf8(`${text.slice(0, 1000)} …`);
  option(out, code, bytes);
}

function option(out: ByteWriter, code: number, value: Uint8Array): void {
  uint16(out, code);
  uint16(out, value.length);
  out.raw(value);
  pad(out, value.length);
}

/** To a multiple of four. */
function pad(out: ByteWriter, length: number): void {
  for (let i = length; i % 4 !== 0; i++) out.byte(0);
}

function uint16(out: ByteWriter, value: number): void {
  out.byte(value & 0xff);
  out.byte((value >>> 8) & 0xff);
}

function uint32(out: ByteWriter, value: number): void {
  uint16(out, value & 0xffff);
  uint16(out, value >>> 16);
}
