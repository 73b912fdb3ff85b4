/** Texts that come again (rule names, field names, causes) are stored once per segment. */
import type { ByteWriter } from "./byte-writer.ts";
import {
  REFERENCE_FIRST,
  REFERENCE_INLINE,
  REFERENCE_KEEP,
  TEXT_KEPT_MAX,
  TEXTS_MAX,
} from "./codec.ts";
import type { Cursor } from "./cursor.ts";

export class TextsWritten {
  private readonly references = new Map<string, number>();

  write(out: ByteWriter, text: string): void {
    const reference = this.references.get(text);
    if (reference !== undefined) {
      out.varint(reference);
      return;
    }
    const kept = text.length <= TEXT_KEPT_MAX && this.references.size < TEXTS_MAX;
    out.byte(kept ? REFERENCE_KEEP : REFERENCE_INLINE);
    out.text(text);
    if (kept) this.references.set(text, this.references.size + REFERENCE_FIRST);
  }

  /** How many are kept. */
  get size(): number {
    return this.references.size;
  }

  clear(): void {
    this.references.clear();
  }
}

export class TextsRead {
  private readonly texts: string[] = [];

  read(cursor: Cursor): string {
    const reference = cursor.varint();
    if (reference >= REFERENCE_FIRST) {
      const text = this.texts[reference - REFERENCE_FIRST];
      if (text === undefined) cursor.fail("reference to a text that is not there");
      return text ?? "";
    }
    const text = cursor.text();
    if (reference === REFERENCE_KEEP) {
      if (this.texts.length < TEXTS_MAX) this.texts.push(text);
      else cursor.fail("too many kept texts");
    }
    return text;
  }

  clear(): void {
    this.texts.length = 0;
  }
}

/** Passes over a text without looking at it. */
export function skipText(cursor: Cursor): void {
  if (cursor.varint() < REFERENCE_FIRST) cursor.skip(cursor.varint());
}
