/** What clients send over one SSH channel, rightly and not, and an asset that answers. */
import fc from "fast-check";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import { cutMessage, encodeMessage, type SshMessage } from "../../protocols/ssh/message.ts";
import {
  encodeNamed,
  encodeOpen,
  encodeReply,
  encodeWrite,
} from "../../protocols/ssh/sftp/encode.ts";
import { cutRequest, PACKET, type SftpRequest } from "../../protocols/ssh/sftp/packet.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";

const NOTHING = new Uint8Array(0);

function request(name: string, rest: Uint8Array = NOTHING): SshMessage {
  return { kind: "request", name, wantReply: true, rest };
}

function text(value: string): Uint8Array {
  return new FieldWriter().string(encodeUtf8(value)).plain();
}

const pty = new FieldWriter().name("xterm").uint32(80).uint32(24).uint32(0).uint32(0);

const starts = fc.constantFrom(
  request("shell"),
  request("exec", text("show version")),
  request("exec", text("scp -t /srv/a")),
  request("exec", text("scp -f /srv/a;id")),
  request("subsystem", text("sftp")),
);

const path = fc
  .constantFrom("/srv/a", "../../etc/passwd", ".", "/srv/./b", "\u0007")
  .map(encodeUtf8);
const handle = fc.constantFrom(Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 0, 9));
const number = fc.nat(9);

const packets = fc.oneof(
  fc.constant(new FieldWriter().uint8(PACKET.init).uint32(3).framed()),
  fc.tuple(number, path, fc.nat(63)).map(([id, at, flags]) => encodeOpen(id, at, flags, {})),
  fc
    .tuple(
      fc.constantFrom(PACKET.stat, PACKET.remove, PACKET.realpath, PACKET.opendir),
      number,
      path,
    )
    .map(([type, id, at]) => encodeNamed(type, id, at)),
  fc.tuple(number, handle, fc.nat(99)).map(([id, at, offset]) => encodeWrite(id, at, offset, at)),
  fc.constantFrom("C0644 3 a.txt\n", "abc\0", "D0755 0 up\n", "E\n").map(encodeUtf8),
);

export const message: fc.Arbitrary<SshMessage> = fc.oneof(
  fc.constantFrom<SshMessage>(
    { kind: "open", type: "session", rest: NOTHING },
    { kind: "open", type: "direct-tcpip", rest: NOTHING },
    { kind: "global-request", name: "tcpip-forward", wantReply: true, rest: NOTHING },
    request("pty-req", pty.string(NOTHING).plain()),
    request("env", new FieldWriter().name("LANG").string(encodeUtf8("C")).plain()),
    request("auth-agent-req@openssh.com"),
    { kind: "eof" },
    { kind: "close" },
  ),
  starts,
  packets.map((bytes): SshMessage => ({ kind: "data", bytes })),
);

/** Mostly a channel that is opened and started, as clients do, then anything. */
export const channel = fc
  .tuple(starts, fc.array(message, { maxLength: 6 }))
  .map(([start, rest]) => [
    { kind: "open", type: "session", rest: NOTHING } as SshMessage,
    start,
    ...rest,
  ]);

export const client = fc.oneof(
  { weight: 6, arbitrary: channel.map((all) => joined(all.map(encodeMessage))) },
  { weight: 3, arbitrary: message.map(encodeMessage) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An asset that starts everything and has every file. */
export function reply(sent: Uint8Array, seed: number): Uint8Array | undefined {
  const cut = cutMessage(sent);
  if (cut.kind !== "frame") return undefined;
  const { frame } = cut;
  if (frame.kind === "open") return encodeMessage({ kind: "open-confirmation" });
  if (frame.kind === "request")
    return frame.wantReply ? encodeMessage({ kind: "success" }) : undefined;
  if (frame.kind === "close") return undefined;
  if (frame.kind !== "data") return encodeMessage({ kind: "eof" });
  const packet = cutRequest(frame.bytes);
  const bytes = packet.kind === "frame" ? answerTo(packet.frame, seed) : Uint8Array.of(seed % 2);
  return encodeMessage({ kind: "data", bytes });
}

function answerTo(asked: SftpRequest, seed: number): Uint8Array {
  if (asked.kind === "init") return encodeReply({ kind: "version", version: 3 }, 0);
  const { id } = asked;
  const name = {
    name: encodeUtf8(seed % 3 === 0 ? "/etc" : "/srv/a"),
    long: NOTHING,
    attributes: {},
  };
  if (asked.kind === "realpath") return encodeReply({ kind: "name", id, entries: [name] }, id);
  if (asked.kind === "open" || asked.kind === "opendir") {
    return encodeReply({ kind: "handle", id, handle: Uint8Array.of(7) }, id);
  }
  if ((asked.kind === "lstat" || asked.kind === "fstat") && seed % 4 !== 0) {
    return encodeReply({ kind: "attrs", id, attributes: {} }, id);
  }
  return encodeReply({ kind: "status", id, code: seed % 5, text: "" }, id);
}
