/** Writes OPC UA Binary (Part 6, 5.2): the asking side of `reader.ts`. */
import { fromBase64 } from "../../log/base64.ts";
import { ByteWriter } from "../../tape/byte-writer.ts";
import { utf8Length, writeUtf8 } from "../../tape/utf8.ts";
import type { NodeId } from "../node-id.ts";

const NULL_LENGTH = 0xffff_ffff;
const [NUMERIC, STRING, GUID, BYTES] = [2, 3, 4, 5];
const BINARY = 1;

export class Writer {
  private readonly out = new ByteWriter();

  uint8(value: number): this {
    this.out.byte(value & 0xff);
    return this;
  }

  boolean(value: boolean): this {
    return this.uint8(value ? 1 : 0);
  }

  uint16(value: number): this {
    return this.fixed(2, (view) => view.setUint16(0, value, true));
  }

  /** Signed ones too: they are the same bits. */
  uint32(value: number): this {
    return this.fixed(4, (view) => view.setUint32(0, value, true));
  }

  uint64(value: bigint): this {
    return this.fixed(8, (view) => view.setBigUint64(0, value, true));
  }

  float(value: number): this {
    return this.fixed(4, (view) => view.setFloat32(0, value, true));
  }

  double(value: number): this {
    return this.fixed(8, (view) => view.setFloat64(0, value, true));
  }

  /** Undefined is a null String. */
  string(text: string | undefined): this {
    if (text === undefined) return this.uint32(NULL_LENGTH);
    const length = utf8Length(text);
    this.uint32(length);
    this.out.reserve(length);
    this.out.length = writeUtf8(this.out.bytes, this.out.length, text);
    return this;
  }

  byteString(bytes: Uint8Array | undefined): this {
    return bytes === undefined ? this.uint32(NULL_LENGTH) : this.uint32(bytes.length).raw(bytes);
  }

  /** @param ms since 1970 */
  dateTime(ms: number): this {
    return this.uint64(BigInt(Math.trunc(ms) + UNIX_EPOCH_MS) * TICKS_PER_MS);
  }

  /** As text, `01234567-89ab-cdef-0123-456789abcdef`. */
  guid(text: string): this {
    const digits = text.replaceAll("-", "");
    const at = (from: number, count: number) =>
      Number.parseInt(digits.slice(from, from + count), 16);
    this.uint32(at(0, 8)).uint16(at(8, 4)).uint16(at(12, 4));
    for (let byte = 16; byte < 32; byte += 2) this.uint8(at(byte, 2));
    return this;
  }

  nodeId({ namespace, id }: NodeId): this {
    const text = id.slice(2);
    switch (id.slice(0, 2)) {
      case "i=":
        return this.uint8(NUMERIC).uint16(namespace).uint32(Number(text));
      case "s=":
        return this.uint8(STRING).uint16(namespace).string(text);
      case "g=":
        return this.uint8(GUID).uint16(namespace).guid(text);
      default:
        return this.uint8(BYTES).uint16(namespace).byteString(fromBase64(text));
    }
  }

  qualifiedName(namespace: number, name: string | undefined): this {
    return this.uint16(namespace).string(name);
  }

  /** An ExtensionObject with the body that `write` writes; none without. */
  extension(type: number, write?: (body: Writer) => void): this {
    this.nodeId({ namespace: 0, id: `i=${type}` });
    if (!write) return this.uint8(0);
    const body = new Writer();
    write(body);
    return this.uint8(BINARY).byteString(body.take());
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.uint32(items.length);
    for (const item of items) write(item);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.out.raw(bytes);
    return this;
  }

  take(): Uint8Array {
    return this.out.take();
  }

  private fixed(size: number, put: (view: DataView) => void): this {
    this.out.reserve(size);
    const { bytes, length } = this.out;
    put(new DataView(bytes.buffer, bytes.byteOffset + length, size));
    this.out.length = length + size;
    return this;
  }
}

const TICKS_PER_MS = 10_000n;
const UNIX_EPOCH_MS = 11_644_473_600_000;
