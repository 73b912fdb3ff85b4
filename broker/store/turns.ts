/** One at a time, in the order of asking; what waits can be sent away at once. */

interface Waiting {
  readonly start: () => void;
  readonly reject: (error: Error) => void;
}

export class Turns {
  private readonly most: number;
  private waiting: Waiting[] = [];
  private busy = false;

  /** @param most that may wait */
  constructor(most: number) {
    this.most = most;
  }

  /** @returns what ends the turn; it must be called, once */
  take(tooMany: () => Error): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length >= this.most) return reject(tooMany());
      this.waiting.push({ start: () => resolve(this.ending()), reject });
      this.next();
    });
  }

  rejectAll(error: Error): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { reject } of waiting) reject(error);
  }

  private ending(): () => void {
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.busy = false;
      this.next();
    };
  }

  private next(): void {
    if (this.busy) return;
    const first = this.waiting.shift();
    if (!first) return;
    this.busy = true;
    first.start();
  }
}
