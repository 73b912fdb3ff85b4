/**
 * What pages have not taken yet of what they were sent, of all of them together: one person has
 * many pages, and each may leave as much unread as a slow line needs.
 */

/** Pages of a site that hang at one instant, on the smallest machine that a broker is made for. */
const UNREAD_BYTES_MAX = 256 * 1_048_576;

export interface UnreadPage {
  /** Of what it was sent, what this process still holds. */
  unreadBytes(): number;
  /** Ends its connection, and with it what was kept for it. */
  tear(): void;
}

export class Unread {
  private readonly bytesMax: number;
  /** As each was when it was last looked at. */
  private readonly pages = new Map<UnreadPage, number>();
  private bytes = 0;

  constructor(bytesMax: number = UNREAD_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /** It was sent something, or took something. Where all have too much, the one with most goes. */
  changed(page: UnreadPage): void {
    this.look(page);
    if (this.bytes <= this.bytesMax) return;
    // What a page takes is not told.
    for (const each of this.pages.keys()) this.look(each);
    while (this.bytes > this.bytesMax) this.tearLargest();
  }

  /** Its connection has ended. */
  forget(page: UnreadPage): void {
    this.bytes -= this.pages.get(page) ?? 0;
    this.pages.delete(page);
  }

  private look(page: UnreadPage): void {
    const bytes = page.unreadBytes();
    this.bytes += bytes - (this.pages.get(page) ?? 0);
    this.pages.set(page, bytes);
  }

  private tearLargest(): void {
    const [largest] = [...this.pages].reduce((most, each) => (each[1] > most[1] ? each : most));
    this.forget(largest);
    largest.tear();
  }
}
