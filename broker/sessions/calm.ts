/**
 * Until when nothing can end a session's rights by time alone. Asked at every operation, instead
 * of the dozen numbers that it follows from: they stand all over the memory. Whoever changes one
 * of them calls `end`, and it is worked out anew.
 */
export class Calm {
  private untilMs = 0;
  /** Whole seconds: small enough to stand in the object itself. */
  private untilWallS = 0;

  /** @param nowMs on the monotonic clock */
  isOver(nowMs: number, wallMs: number): boolean {
    return nowMs >= this.untilMs || wallMs >= this.untilWallS * 1_000;
  }

  /** @param untilMs on the monotonic clock */
  begin(untilMs: number, untilWallMs: number): void {
    this.untilMs = Math.floor(untilMs);
    this.untilWallS = Math.floor(untilWallMs / 1_000);
  }

  end(): void {
    this.untilMs = 0;
  }
}
