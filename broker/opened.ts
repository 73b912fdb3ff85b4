/** What is open, closed in reverse. One that cannot be closed does not keep the others open. */
export class Opened {
  private readonly closers: (() => unknown)[] = [];
  private closing: Promise<void> | undefined;

  push(close: () => unknown): void {
    this.closers.push(close);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    const faults: unknown[] = [];
    for (const close of this.closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
  }
}
