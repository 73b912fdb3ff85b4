/** Opens the comparing of live sessions with what was usual, where the site asks for it. */
import { resolve } from "node:path";
import type { Demands } from "./access/demands.ts";
import { BROKER_SUBJECT } from "./access/permit.ts";
import { SiteTime } from "./access/site-time.ts";
import type { SignedActions } from "./identity/signed-actions.ts";
import type { Ground } from "./open-parts.ts";
import { indexOf } from "./plant/plant-index.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { BaselineBook } from "./risk/baseline-book.ts";
import { BaselineDesk } from "./risk/baseline-desk.ts";
import { type ReadBaseline, readBaseline } from "./risk/baseline-file.ts";
import { ResponseDesk } from "./risk/response-desk.ts";
import { RiskDesk } from "./risk/risk-desk.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { StartRefused } from "./start-refused.ts";

/** Sessions are opened before there is anything to ask of people: the desks come in later, if at all. */
export interface RiskPlace {
  desk?: RiskDesk;
  responses?: ResponseDesk;
  baselines?: BaselineDesk;
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
  const siteTime = new SiteTime();
  const hourAt = (ms: number, asset: string) =>
    siteTime.at(indexOf(plant.current()).siteOfAsset(asset).timeZone, ms).hour;
  const failed = (error: unknown) => log.error({ error }, "a finding was not kept");
  const responses = new ResponseDesk({
    ...{ clock, store, plant, signedActions, failed },
    changed: () => bell.ring("sessions"),
    note: (event) => noticed.note(event),
  });
  const baselines = openBaselines(ground, signedActions, (read) => {
    place.desk?.use(read.baseline);
    tell(read);
  });
  const baseline = baselines.inForce?.baseline;
  const desk = new RiskDesk({
    ...{ clock, store, demands, baseline, enforced, plant, hourAt, responses, failed },
  });
  place.baselines = baselines;
  place.desk = desk;
  place.responses = responses;
  opened.push(() => desk.close());
  opened.push(() => responses.close());
  tell(baselines.inForce);

  function tell(read: ReadBaseline | undefined): void {
    if (!read) {
      board.report("risk", "attention", NOTHING_COMPARED);
      return;
    }
    const { sessions, from, until } = read.baseline;
    log.info({ digest: read.digest, sessions, from, until }, "sessions are compared");
    const what = enforced ? "enforced" : "observed";
    const text = `Findings are ${what}, by ${sessions} sessions from ${from} to ${until} (SHA-256 ${read.digest.slice(0, 12)}).`;
    board.report("risk", "ok", text);
  }
}

const NOTHING_COMPARED =
  "Nothing is compared yet: let a baseline be learned (sallyport risk learn --propose), then approve it on Integrations.";

/** @throws StartRefused where the baseline in force cannot be used */
function openBaselines(
  { config, clock, store }: Ground,
  signedActions: SignedActions,
  use: (read: ReadBaseline) => void,
): BaselineDesk {
  const { riskBaseline, dataFolder } = config;
  try {
    const named = riskBaseline === "" ? undefined : readBaseline(resolve(riskBaseline));
    const book = named ? undefined : BaselineBook.open(dataFolder);
    return new BaselineDesk({ clock, store, signedActions, book, named, use });
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
