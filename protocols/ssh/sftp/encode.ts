/** Packets of SFTP version 3, encoded anew from what was decoded. */
import { FieldWriter } from "../field-writer.ts";
import { roomForData } from "../message.ts";
import { type Attributes, writeAttributes } from "./attributes.ts";
import { PACKET, type SftpReply } from "./packet.ts";

export function encodeInit(version: number): Uint8Array {
  return new FieldWriter().uint8(PACKET.init).uint32(version).framed();
}

/** A request on a path, or on a handle, and nothing else. */
export function encodeNamed(type: number, id: number, name: Uint8Array): Uint8Array {
  return new FieldWriter().uint8(type).uint32(id).string(name).framed();
}

export function encodeOpen(
  id: number,
  path: Uint8Array,
  flags: number,
  attributes: Attributes,
): Uint8Array {
  const to = new FieldWriter().uint8(PACKET.open).uint32(id).string(path).uint32(flags);
  return writeAttributes(to, attributes).framed();
}

export function encodeRead(
  id: number,
  handle: Uint8Array,
  offset: number,
  length: number,
): Uint8Array {
  const to = new FieldWriter().uint8(PACKET.read).uint32(id).string(handle);
  return to.uint64(offset).uint32(length).framed();
}

export function encodeWrite(
  id: number,
  handle: Uint8Array,
  offset: number,
  data: Uint8Array,
): Uint8Array {
  const length = 1 + 4 + 4 + handle.length + 8 + 4 + data.length;
  const to = bulk(length).uint8(PACKET.write).uint32(id).string(handle);
  return to.uint64(offset).string(data).framed();
}

/** `mkdir`, `setstat`, `fsetstat`. */
export function encodeWithAttributes(
  type: number,
  id: number,
  name: Uint8Array,
  attributes: Attributes,
): Uint8Array {
  const to = new FieldWriter().uint8(type).uint32(id).string(name);
  return writeAttributes(to, attributes).framed();
}

/** `rename`, `symlink`. */
export function encodeTwo(
  type: number,
  id: number,
  path: Uint8Array,
  target: Uint8Array,
): Uint8Array {
  return new FieldWriter().uint8(type).uint32(id).string(path).string(target).framed();
}

/** @param id the client's own */
export function encodeReply(reply: SftpReply, id: number): Uint8Array {
  if (reply.kind === "data") return encodeData(id, reply.data);
  const to = new FieldWriter();
  switch (reply.kind) {
    case "version":
      // No extensions: each would be one more way to touch files.
      return to.uint8(PACKET.version).uint32(reply.version).framed();
    case "status":
      to.uint8(PACKET.status).uint32(id).uint32(reply.code);
      return to.name(reply.text).name("en").framed();
    case "handle":
      return to.uint8(PACKET.handle).uint32(id).string(reply.handle).framed();
    case "attrs":
      return writeAttributes(to.uint8(PACKET.attrs).uint32(id), reply.attributes).framed();
    case "name":
      to.uint8(PACKET.name).uint32(id).uint32(reply.entries.length);
      for (const { name, long, attributes } of reply.entries) {
        writeAttributes(to.string(name).string(long), attributes);
      }
      return to.framed();
  }
}

function encodeData(id: number, data: Uint8Array): Uint8Array {
  return bulk(9 + data.length)
    .uint8(PACKET.data)
    .uint32(id)
    .string(data)
    .framed();
}

/** Where the channel's message is to have it, so that content is copied once. */
function bulk(length: number): FieldWriter {
  return new FieldWriter(length, roomForData(4 + length));
}
