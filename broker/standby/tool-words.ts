/** A sentence for a person, said so that their tool shows it: nobody is behind this door now. */
import { STATUS_CODES } from "node:http";
import { errorChunk } from "../legs/opcua/symmetric/error-chunk.ts";
import type { ToolDoor } from "./tool-doors.ts";

export function nobodyActive(door: ToolDoor, why: string): Uint8Array {
  const words = `${why} Try again in a moment.`;
  if (door === "ssh") return sshFarewell(words);
  if (door === "opcua") return errorChunk(BAD_SERVER_HALTED, words);
  return Buffer.from(
    [
      `HTTP/1.1 503 ${STATUS_CODES[503]}`,
      "content-type: text/plain; charset=utf-8",
      "cache-control: no-store",
      "retry-after: 5",
      "connection: close",
      `content-length: ${Buffer.byteLength(words)}`,
      "",
      words,
    ].join("\r\n"),
  );
}

/** Part 4, 7.39.2. */
const BAD_SERVER_HALTED = 0x800e_0000;

const SSH_MSG_DISCONNECT = 1;
/** `SSH_DISCONNECT_SERVICE_NOT_AVAILABLE` */
const NOT_AVAILABLE = 7;
/** Without a cipher a packet is a multiple of it, with at least four bytes of padding. */
const SSH_BLOCK = 8;
const PADDING_MIN = 4;

/** Our version, and the one message that may come before any keys (RFC 4253, 4.2, 6 and 11.1). */
function sshFarewell(words: string): Uint8Array {
  const code = Buffer.alloc(5);
  code.writeUInt8(SSH_MSG_DISCONNECT, 0);
  code.writeUInt32BE(NOT_AVAILABLE, 1);
  const payload = Buffer.concat([code, sshString(words), sshString("en")]);
  // The length field, the padding's length and the payload.
  const bare = 4 + 1 + payload.length;
  const padding = SSH_BLOCK + PADDING_MIN - ((bare + PADDING_MIN) % SSH_BLOCK);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding, 0);
  head.writeUInt8(padding, 4);
  const version = Buffer.from("SSH-2.0-Sallyport\r\n");
  return Buffer.concat([version, head, payload, Buffer.alloc(padding)]);
}

function sshString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
