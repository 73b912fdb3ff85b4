/** What an administrator hears of integrations: on the health page, and as events, few of them. */

import type { Clock } from "../clock.ts";
import type { FeedItem } from "../store/integration-feed.ts";
import type { Dropped } from "../store/integrations.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { DeliveryState } from "./delivery.ts";

/** A receiver that restarts is no alarm. */
const ALARM_AFTER_MS = 60_000;
/** Between two events about what one integration could not deliver. */
const GIVEN_UP_QUIET_MS = 15 * 60_000;

interface TroublesParts {
  readonly clock: Clock;
  note(event: NewSiteEvent): void;
  report(name: string, state: "ok" | "attention", text: string): void;
}

export class Troubles {
  private readonly parts: TroublesParts;
  /** Since when people think that these are not reached. */
  private readonly alarmedMs = new Map<string, number>();
  private readonly quietUntilMs = new Map<string, number>();

  constructor(parts: TroublesParts) {
    this.parts = parts;
  }

  /** Of an earlier run: people have heard that these are not reached, and hear when they are. */
  resume(failing: ReadonlySet<string>): void {
    for (const name of failing) this.alarmedMs.set(name, this.parts.clock.wallMs());
  }

  seen(name: string, state: DeliveryState): void {
    const { note, report, clock } = this.parts;
    const about = { integration: name };
    if (state.kind !== "failing") {
      report(partOf(name), "ok", "What happens is taken.");
      // One that has just started, or gave something up, has not been reached yet.
      const alarmedMs = this.alarmedMs.get(name) ?? Number.POSITIVE_INFINITY;
      if (state.succeededMs === null || state.succeededMs < alarmedMs) return;
      this.alarmedMs.delete(name);
      const text = `The integration ${name} takes what it is sent again`;
      note({ kind: "integration:recovered", priority: "event", text, about });
      return;
    }
    report(partOf(name), "attention", `It is not reached: ${state.error}. What waits is kept.`);
    const forMs = clock.wallMs() - (state.failingSinceMs ?? clock.wallMs());
    if (forMs < ALARM_AFTER_MS || this.alarmedMs.has(name)) return;
    this.alarmedMs.set(name, clock.wallMs());
    const text = `The integration ${name} is not reached; what waits is kept: ${state.error}`;
    note({ kind: "integration:failing", priority: "alarm", text, about });
  }

  dropped(name: string, { count }: Dropped): void {
    const text = `${count} events were dropped for the integration ${name}: its receiver was away for longer than the buffer lasts`;
    const about = { integration: name };
    this.parts.note({ kind: "integration:dropped", priority: "alarm", text, about });
  }

  /** About our own events nothing is said: it would never end. */
  gaveUp(name: string, { kind }: FeedItem, reason: string): void {
    const nowMs = this.parts.clock.monotonicMs();
    if (kind.startsWith("integration:") || nowMs < (this.quietUntilMs.get(name) ?? 0)) return;
    this.quietUntilMs.set(name, nowMs + GIVEN_UP_QUIET_MS);
    const text = `The integration ${name} could not deliver ${kind}: ${reason}`;
    const about = { integration: name };
    this.parts.note({ kind: "integration:gave-up", priority: "event", text, about });
  }

  forget(name: string): void {
    if (this.alarmedMs.delete(name)) {
      const text = `The integration ${name}, which was not reached, was changed or taken out`;
      const about = { integration: name };
      this.parts.note({ kind: "integration:forgotten", priority: "event", text, about });
    }
    this.parts.report(partOf(name), "ok", "It was changed or taken out of the configuration.");
  }
}

function partOf(name: string): string {
  return `integration ${name}`;
}
