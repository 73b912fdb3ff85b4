/** Opens the comparing of live sessions with what was usual, where the site asks for it. */
import { resolve } from "node:path";
import type { Demands } from "./access/demands.ts";
import { BROKER_SUBJECT } from "./access/permit.ts";
import { SiteTime } from "./access/site-time.ts";
import type { SignedActions } from "./identity/signed-actions.ts";
import type { Ground } from "./open-parts.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { readBaseline } from "./risk/baseline-file.ts";
import { ResponseDesk } from "./risk/response-desk.ts";
import { RiskDesk } from "./risk/risk-desk.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { StartRefused } from "./start-refused.ts";

/** Sessions are opened before there is anything to ask of people: the desk comes in later. */
export interface RiskPlace {
  desk?: RiskDesk;
  responses?: ResponseDesk;
}

/** The hooks of the sessions; the same ones where nothing is compared. */
export function riskHooks(
  { config }: Pick<Ground, "config">,
  place: RiskPlace,
  hooks: SessionHooks,
): SessionHooks {
  if (config.risk === "off") return hooks;
  return {
    ...hooks,
    onOpen: (session) => {
      hooks.onOpen?.(session);
      if (session.claims.subject.id !== BROKER_SUBJECT.id) place.desk?.opened(session);
    },
    onEnd: (session, cause, report) => {
      hooks.onEnd?.(session, cause, report);
      place.desk?.ended(session.claims.session);
    },
    onJudged: (session, operation, verdict, sequence) => {
      hooks.onJudged?.(session, operation, verdict, sequence);
      place.desk?.judged(session, operation, verdict, sequence);
    },
  };
}

interface Parts {
  readonly signedActions: SignedActions;
  readonly demands: Demands;
  readonly plant: PlantSource;
}

/** @throws StartRefused where the baseline cannot be used */
export async function openRisk(
  ground: Ground,
  place: RiskPlace,
  { demands, plant, signedActions }: Parts,
): Promise<void> {
  const { config, clock, store, log, board, bell, noticed, opened } = ground;
  const enforced = config.risk === "enforce";
  if (!enforced) await forget(ground, demands);
  if (config.risk === "off") return;
  const { baseline, digest } = approved(config.riskBaseline);
  const siteTime = new SiteTime();
  const hourAt = (ms: number) => siteTime.at(plant.current().site.timeZone, ms).hour;
  const failed = (error: unknown) => log.error({ error }, "a finding was not kept");
  const responses = new ResponseDesk({
    ...{ clock, store, plant, signedActions, failed },
    changed: () => bell.ring("sessions"),
    note: (event) => noticed.note(event),
  });
  const desk = new RiskDesk({
    ...{ clock, store, demands, baseline, enforced, plant, hourAt, responses, failed },
  });
  place.desk = desk;
  place.responses = responses;
  opened.push(() => desk.close());
  opened.push(() => responses.close());
  const { sessions, from, until } = baseline;
  log.info({ digest, sessions, from, until }, "sessions are compared with what was usual");
  const what = enforced ? "enforced" : "observed";
  const text = `Findings are ${what}, by ${sessions} sessions from ${from} to ${until} (SHA-256 ${digest.slice(0, 12)}).`;
  board.report("risk", "ok", text);
}

function approved(path: string) {
  if (path === "") {
    throw new StartRefused(
      "SALLYPORT_RISK needs SALLYPORT_RISK_BASELINE: make one with `sallyport risk learn`, read it, and name it there",
      2,
    );
  }
  try {
    return readBaseline(resolve(path));
  } catch (error) {
    throw new StartRefused(error instanceof Error ? error.message : String(error), 2);
  }
}

/** What findings asked while they were enforced is over. */
async function forget({ store }: Pick<Ground, "store">, demands: Demands): Promise<void> {
  const old = demands.list().filter(({ source }) => source === "risk");
  await demands.forget(store.queries, old);
  demands.drop(old);
}
