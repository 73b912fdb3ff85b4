/** What happens to some sessions while something is carried out, as they say it themselves. */
import type { LiveSession, SessionEvent } from "../sessions/session.ts";
import type { SignalEffect } from "../store/signals.ts";

export class SeenEffects {
  private readonly seen = new Map<LiveSession, string>();
  private readonly stops: readonly (() => void)[];

  constructor(sessions: readonly LiveSession[]) {
    this.stops = sessions.map((live) => live.listen((event) => this.hear(live, event)));
  }

  /** Ends the looking. */
  stop(): readonly SignalEffect[] {
    for (const stop of this.stops) stop();
    return [...this.seen].map(([live, text]) => {
      const { session, subject, asset } = live.claims;
      return { session, text: `the session of ${subject.name} on ${asset.name} ${text}` };
    });
  }

  private hear(live: LiveSession, event: SessionEvent): void {
    if (event.kind === "end") this.seen.set(live, "ended");
    if (event.kind === "capabilities") {
      this.seen.set(live, `has ${event.classes.join(", ")} left`);
    }
  }
}
