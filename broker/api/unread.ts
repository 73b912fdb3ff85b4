/**
 * What people have not taken yet of what they were sent, of all of them together: one person has
 * many pages and connections, and each may leave as much unread as a slow line needs.
 */

/** Of a site whose lines hang at one instant, on the smallest machine that a broker is made for. */
const UNREAD_BYTES_MAX = 256 * 1_048_576;

export interface Reader {
  /** Of what it was sent, what this process still holds. */
  unreadBytes(): number;
  /** Ends its connection, and with it what was kept for it. */
  tear(): void;
}

export class Unread {
  private readonly bytesMax: number;
  /** As each was when it was last looked at. */
  private readonly readers = new Map<Reader, number>();
  private bytes = 0;

  constructor(bytesMax: number = UNREAD_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /** It was sent something, or took something. Where all have too much, the one with most goes. */
  changed(reader: Reader): void {
    this.look(reader);
    if (this.bytes <= this.bytesMax) return;
    // What each takes is not told.
    for (const each of this.readers.keys()) this.look(each);
    while (this.bytes > this.bytesMax) this.tearLargest();
  }

  /** Its connection has ended. */
  forget(reader: Reader): void {
    this.bytes -= this.readers.get(reader) ?? 0;
    this.readers.delete(reader);
  }

  private look(reader: Reader): void {
    const bytes = reader.unreadBytes();
    this.bytes += bytes - (this.readers.get(reader) ?? 0);
    if (bytes > 0) this.readers.set(reader, bytes);
    else this.readers.delete(reader);
  }

  private tearLargest(): void {
    const [largest] = [...this.readers].reduce((most, each) => (each[1] > most[1] ? each : most));
    this.forget(largest);
    largest.tear();
  }
}
