/** Writes the fields of RFC 4251, section 5. */
const SIZE_FIRST = 64;

export class FieldWriter {
  private bytes: Uint8Array;
  private view: DataView;
  /** Room for the length in front. */
  private at = 4;

  /**
   * @param length of the fields where it is known: then nothing is copied at the end
   * @param into where they are to stand, with four bytes in front for their length
   */
  constructor(length = SIZE_FIRST, into = new Uint8Array(4 + length)) {
    this.bytes = into;
    this.view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  }

  uint8(value: number): this {
    this.room(1);
    this.view.setUint8(this.at, value);
    this.at += 1;
    return this;
  }

  uint32(value: number): this {
    this.room(4);
    this.view.setUint32(this.at, value);
    this.at += 4;
    return this;
  }

  uint64(value: number): this {
    return this.uint32(Math.floor(value / 2 ** 32)).uint32(value % 2 ** 32);
  }

  boolean(value: boolean): this {
    return this.uint8(value ? 1 : 0);
  }

  string(value: Uint8Array): this {
    return this.uint32(value.length).raw(value);
  }

  /** ASCII, or Latin-1 where it came from bytes. */
  name(text: string): this {
    this.uint32(text.length);
    this.room(text.length);
    for (let n = 0; n < text.length; n++) this.bytes[this.at++] = text.charCodeAt(n);
    return this;
  }

  raw(value: Uint8Array): this {
    this.room(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
    return this;
  }

  /** With the length in front. The array is fresh. */
  framed(): Uint8Array {
    this.view.setUint32(0, this.at - 4);
    return this.at === this.bytes.length ? this.bytes : this.bytes.slice(0, this.at);
  }

  /** Without it. */
  plain(): Uint8Array {
    return this.bytes.slice(4, this.at);
  }

  private room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
