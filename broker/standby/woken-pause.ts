/** A wait that ends early where there is news: again and again, for as long as a broker waits. */
export class WokenPause {
  private end = () => {};

  /** Resolves after this time, once it is woken, or at the end of it all. */
  wait(ms: number, stop: AbortSignal): Promise<void> {
    if (stop.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stop.removeEventListener("abort", end);
        this.end = () => {};
        resolve();
      };
      const timer = setTimeout(end, ms);
      stop.addEventListener("abort", end);
      this.end = end;
    });
  }

  wake(): void {
    this.end();
  }
}
