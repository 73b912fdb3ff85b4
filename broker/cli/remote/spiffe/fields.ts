/**
 * Of Protocol Buffers what the SPIFFE Workload API needs: fields of bytes and text. Fields of other
 * kinds are stepped over, as the encoding asks of whoever does not know them.
 */

export interface Field {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export class Malformed extends Error {
  override readonly name = "Malformed";
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
/** More bytes than this has no number of 64 bits. */
const VARINT_BYTES_MAX = 10;

/** In their order. @throws Malformed */
export function fieldsOf(message: Uint8Array): readonly Field[] {
  const reader = new Reader(message);
  const fields: Field[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    const kind = tag % 8;
    if (kind === BYTES) fields.push({ number, bytes: reader.take(reader.varint()) });
    else if (kind === VARINT) reader.varint();
    else if (kind === FIXED_64) reader.take(8);
    else if (kind === FIXED_32) reader.take(4);
    else throw new Malformed(`there is no field of kind ${kind}`);
  }
  return fields;
}

/** One field, to be put beside others. */
export function fieldOf(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return Uint8Array.from([...varintOf(number * 8 + BYTES), ...varintOf(bytes.length), ...bytes]);
}

class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Beyond 2^53 it is not exact, and nothing here is so long. */
  varint(): number {
    let value = 0;
    for (let place = 0; place < VARINT_BYTES_MAX; place += 1) {
      const [byte = 0] = this.take(1);
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return value;
    }
    throw new Malformed("a number does not end");
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new Malformed("a field is longer than its message");
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

function varintOf(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varintOf(Math.floor(value / 0x80))];
}
