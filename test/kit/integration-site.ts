/** A real store with real integrations on it, without the rest of the broker. */
import path from "node:path";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../broker/clock.ts";
import { Integrations, type IntegrationsParts } from "../../broker/integrations/integrations.ts";
import { parseIntegrations } from "../../broker/integrations/parse-integrations.ts";
import type { NewSiteEvent } from "../../broker/store/site-events.ts";
import { openStore, type Store } from "../../broker/store/store.ts";
import { temporaryFolder } from "./temporary.ts";

export interface IntegrationSite {
  readonly store: Store;
  readonly integrations: Integrations;
  /** What was noted besides what the test records. */
  readonly noted: NewSiteEvent[];
  /** Throws with the problems where the text is not valid. */
  configure(yaml: string): Promise<void>;
  record(kind: string, more?: Partial<NewSiteEvent>): Promise<void>;
  close(): Promise<void>;
}

export interface IntegrationSiteOptions extends Partial<IntegrationsParts> {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

export async function openIntegrationSite(
  options: IntegrationSiteOptions = {},
): Promise<IntegrationSite> {
  const { folder = temporaryFolder(), environment = {}, clock = systemClock, ...parts } = options;
  const store = await openStore({ path: path.join(folder, "sallyport.db") });
  const noted: NewSiteEvent[] = [];
  const integrations = new Integrations({
    configured: true,
    ...{ store, clock, ranges: { plant: () => [] }, host: "broker.example" },
    product: () => ({ version: "1.2.3", site: "north", siteName: "North" }),
    site: () => ({ origin: "https://sallyport.example", siteName: "North" }),
    concerned: async () => ["ada@plant.example"],
    sign: () => Promise.reject(new Error("this site has no key")),
    emailOf: async () => undefined,
    note: (event) => void noted.push(event),
    report: () => {},
    ...parts,
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await integrations.close();
    await store.close();
  };
  onTestFinished(close);
  return {
    ...{ store, integrations, noted, close },
    configure: (yaml) => {
      const parsed = parseIntegrations(yaml, "integrations.yaml", { folder, environment });
      if (parsed.kind === "invalid") throw new Error(parsed.problems.join("\n"));
      return integrations.configure(parsed.integrations);
    },
    record: async (kind, more) => {
      await store.log.record({ kind, priority: "event", text: kind, ...more });
    },
  };
}

/** Resolves once it is true; rejects after a while. */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error("it did not come true");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
