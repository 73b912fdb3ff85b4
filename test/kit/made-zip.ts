/** Zip files as nobody should make them: every field can say something else than what is so. */
import { crc32, deflateRawSync } from "node:zlib";

export interface MadeEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  /** What stands before its bytes instead. */
  readonly nameInside?: string;
  readonly methodInside?: number;
  /** What the directory claims instead. */
  readonly size?: number;
  readonly offset?: number;
  /** Unix mode, for example of a link. */
  readonly mode?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly versionMadeBy?: number;
}

export interface MadeZip {
  readonly before?: Uint8Array;
  readonly between?: Uint8Array;
  readonly after?: Uint8Array;
  readonly comment?: string;
  /** What the end claims instead. */
  readonly count?: number;
}

const PLAIN = 0o100644;

export function makeZip(entries: readonly MadeEntry[], zip: MadeZip = {}): Buffer {
  const parts: Uint8Array[] = [zip.before ?? new Uint8Array(0)];
  let at = parts[0]?.length ?? 0;
  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  const directory: Buffer[] = [];
  for (const entry of entries) {
    const packed = entry.deflate ? deflateRawSync(entry.data) : entry.data;
    const fields = fieldsOf(entry, packed);
    directory.push(directoryEntry(entry, fields, entry.offset ?? at));
    put(localHeader(entry, fields));
    put(packed);
    put(zip.between ?? new Uint8Array(0));
  }
  const start = at;
  for (const one of directory) put(one);
  const comment = Buffer.from(zip.comment ?? "");
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(0xffff, zip.count ?? entries.length), 8);
  end.writeUInt16LE(Math.min(0xffff, zip.count ?? entries.length), 10);
  end.writeUInt32LE(at - start, 12);
  end.writeUInt32LE(start, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, end, comment, zip.after ?? new Uint8Array(0)]);
}

/** Version, flags, method, time and date, crc and sizes: the same in both headers. */
function fieldsOf(entry: MadeEntry, packed: Uint8Array): Buffer {
  const fields = Buffer.alloc(22);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(entry.flags ?? 0x0800, 2);
  fields.writeUInt16LE(entry.method ?? (entry.deflate ? 8 : 0), 4);
  fields.writeUInt32LE(0x00210000, 6);
  fields.writeUInt32LE(crc32(entry.data), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(entry.size ?? entry.data.length, 18);
  return fields;
}

function localHeader(entry: MadeEntry, fields: Buffer): Buffer {
  const name = entry.nameInside ?? entry.name;
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  fields.copy(head, 4);
  if (entry.methodInside !== undefined) head.writeUInt16LE(entry.methodInside, 8);
  head.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([head, Buffer.from(name)]);
}

function directoryEntry(entry: MadeEntry, fields: Buffer, offset: number): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(entry.versionMadeBy ?? 0x031e, 4);
  fields.copy(head, 6);
  head.writeUInt16LE(Buffer.byteLength(entry.name), 28);
  head.writeUInt32LE(((entry.mode ?? PLAIN) << 16) >>> 0, 38);
  head.writeUInt32LE(offset, 42);
  return Buffer.concat([head, Buffer.from(entry.name)]);
}
