/** Opens the integrations: notices to people elsewhere, and events for the SIEM. */

import { hostname } from "node:os";
import { dirname } from "node:path";
import type { Grant } from "./access/access.ts";
import type { AlarmBook } from "./alarms/alarm-book.ts";
import { SITE } from "./alarms/alarms-by-event.ts";
import type { HealthBoard } from "./api/health/health-board.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { People } from "./identity/identity.ts";
import { aboutSession } from "./integrations/about-session.ts";
import { IntegrationFile } from "./integrations/integration-file.ts";
import { Integrations } from "./integrations/integrations.ts";
import { type ConcernedParts, concernedBy } from "./integrations/notices/concerned.ts";
import { EndingGrants } from "./integrations/notices/ending-grants.ts";
import { RefusedOperations } from "./integrations/refused-operations.ts";
import { Tickets } from "./integrations/tickets.ts";
import type { Logger } from "./log.ts";
import type { Noticed } from "./noticed.ts";
import type { SignalDesk } from "./open-signals.ts";
import type { Opened } from "./opened.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import type { LiveSession } from "./sessions/session.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { appendToFeed, type FeedRecord } from "./store/integration-feed.ts";
import type { Store } from "./store/store.ts";

interface Ground {
  readonly config: Config;
  readonly clock: Clock;
  readonly version: string;
  readonly store: Store;
  readonly log: Logger;
  readonly noticed: Noticed;
  readonly board: HealthBoard;
  readonly opened: Opened;
  readonly alarms: Pick<AlarmBook, "raise" | "clear">;
}

interface Parts {
  readonly identity: { readonly people: Pick<People, "list"> };
  readonly plant: Pick<PlantSource, "current">;
  readonly access: Pick<ConcernedParts, "requests"> & { grants(): Promise<readonly Grant[]> };
  readonly decisions: ConcernedParts["decisions"];
  readonly tickets: Tickets;
}

/** Asked about before work under a ticket begins; the integrations file names the system. */
export function openTickets(ground: Ground, plant: Pick<PlantSource, "current">): Tickets {
  const { config, clock, noticed, board, alarms } = ground;
  let shown = false;
  return new Tickets({
    ...{ clock, ranges: plantRanges(config, plant), configured: config.integrations !== "" },
    note: (event) => noticed.note(event),
    report: (state, text) => {
      shown ||= text !== undefined;
      if (shown) board.report("tickets", state, text ?? "No ticket system is named any more.");
      if (state === "attention") alarms.raise("tickets-away", SITE, { text: text ?? "" });
      else alarms.clear("tickets-away", SITE);
    },
  });
}

export async function openIntegrations(
  ground: Ground,
  parts: Parts,
  signals: SignalDesk,
): Promise<Integrations> {
  const { config, clock, version, store, noticed, board, opened } = ground;
  const { plant, access } = parts;
  const people = () => parts.identity.people.list();
  const site = () => plant.current().site;
  const ranges = plantRanges(config, plant);
  const integrations = new Integrations({
    configured: config.integrations !== "",
    ...{ store, clock, ranges, host: hostname() },
    product: () => ({ version, site: site().id, siteName: site().name }),
    site: () => ({ origin: config.origins[0] ?? "", siteName: site().name }),
    concerned: (item) =>
      concernedBy({ people, decisions: parts.decisions, requests: access.requests }, item),
    sign: (claims) => signals.siteKey.sign(claims),
    emailOf: async (id) => (await people()).find((person) => person.id === id)?.email,
    note: (event) => noticed.note(event),
    report: (name, state, text) => board.report(name, state, text),
  });
  opened.push(() => integrations.close());
  const ending = await EndingGrants.open({ store, clock, grants: () => access.grants() });
  opened.push(() => ending.close());
  await openFile(ground, { integrations, signals, tickets: parts.tickets });
  return integrations;
}

/** What no integration ever reaches. */
export function plantRanges(
  config: Pick<Config, "plantNetworks">,
  plant: Pick<PlantSource, "current">,
) {
  return {
    plant: () => plant.current().assets.flatMap(({ endpoints }) => endpoints),
    networks: config.plantNetworks,
  };
}

interface Configured {
  readonly integrations: Integrations;
  readonly signals: SignalDesk;
  readonly tickets: Tickets;
}

async function openFile(
  ground: Ground,
  { integrations, signals, tickets }: Configured,
): Promise<void> {
  const { config, clock, noticed, alarms, board, opened, log } = ground;
  const path = config.integrations;
  if (path === "") {
    await signals.configure([], false);
    return integrations.configure([]);
  }
  const file = await IntegrationFile.open({
    ...{ path, clock, environment: process.env },
    onChanged: ({ integrations: list, transmitters, tickets: system }) => {
      tickets.configure(system);
      const names = [...list, ...transmitters].map(({ name }) => name);
      log.info({ integrations: names }, "integrations are configured");
      const sends = list.some(({ purpose }) => purpose === "signals");
      Promise.all([integrations.configure(list), signals.configure(transmitters, sends)]).catch(
        (error: unknown) => log.error({ error }, "integrations were not configured"),
      );
    },
    onProblem: (problem) => {
      integrations.problem = problem;
      if (problem === undefined) {
        alarms.clear("integrations-invalid", SITE);
        board.report("integrations", "ok", `The file in ${dirname(path)} is in force.`);
        return;
      }
      board.report("integrations", "attention", `The file is not in force: ${problem}.`);
      const text = `The integrations file is not valid, what was in force stays: ${problem}`;
      noticed.note({ kind: "integration:invalid", priority: "alarm", text });
      alarms.raise("integrations-invalid", SITE, { text });
    },
  });
  opened.push(() => file.close());
}

/** Over all sessions: the store has people to serve too. */
const REFUSALS_WAITING_MAX = 100;

/** The hooks of the sessions, and each refused operation into the feed. */
export function refusalHooks(
  { store, clock, log }: Pick<Ground, "store" | "clock" | "log">,
  hooks: SessionHooks,
): SessionHooks {
  let waiting = 0;
  const append = (record: FeedRecord): boolean => {
    if (waiting >= REFUSALS_WAITING_MAX) return false;
    waiting += 1;
    appendToFeed(store.queries, record)
      .catch((error: unknown) =>
        log.error({ error }, "a refused operation was not kept for other systems"),
      )
      .finally(() => {
        waiting -= 1;
      });
    return true;
  };
  return {
    ...hooks,
    onOpen: (session) => {
      hooks.onOpen?.(session);
      const refused = new RefusedOperations(headOf(session), clock, append);
      session.listen((event) => {
        if (event.kind === "end") refused.ended();
        if (event.kind === "decision" && event.verdict === "deny") refused.refused(event);
      });
    },
  };
}

function headOf({ claims }: LiveSession) {
  const { subject, session } = claims;
  return { session, subject: subject.id, name: subject.name, about: aboutSession(claims) };
}

/** What the metrics say of them. */
export async function gaugesOf(integrations: Pick<Integrations, "list">) {
  return (await integrations.list()).map(({ integration, state, waiting, deadLetters }) => ({
    ...{ name: integration.name, waiting },
    ...{ isFailing: state.kind === "failing", deadLetters: deadLetters.length },
  }));
}
