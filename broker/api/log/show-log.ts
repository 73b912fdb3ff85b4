/** The log as a whole: its state, its checkpoints, and that one is a beginning of the next. */
import { z } from "zod";
import { toBase64 } from "../../../protocols/log/base64.ts";
import type { AuditLog } from "../../evidence/audit/audit-log.ts";
import type { People } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import type { PlantShown } from "../plant/plant-view.ts";
import { ApiRefused, notFound } from "../problem.ts";
import {
  type LogStateView,
  logChoicesSchema,
  logConsistencySchema,
  logStateSchema,
} from "../shapes/log.ts";
import { withIndex } from "./log-views.ts";

const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const logNumber = z.coerce.number().int().min(1).max(9_999);

export function showLogState(state: () => Promise<LogStateView>) {
  return endpoint({
    summary: "State of the site log, its witnesses, the recorder and the volume",
    answer: logStateSchema,
    handle: () => state(),
  });
}

export function showLogChoices(
  audit: AuditLog,
  people: Pick<People, "list">,
  plant: Pick<PlantShown, "current">,
) {
  return endpoint({
    summary: "Kinds, people and assets that the site log tells of",
    answer: logChoicesSchema,
    handle: async () => {
      const [choices, known] = await Promise.all([withIndex(() => audit.choices()), people.list()]);
      const names = new Map(known.map(({ id, name }) => [id, name]));
      const assets = new Map(plant.current().assets.map(({ id, name }) => [id, name]));
      const named = (ids: readonly string[], of: ReadonlyMap<string, string>) =>
        ids.map((id) => ({ id, name: of.get(id) ?? id }));
      return {
        kinds: [...choices.kinds],
        people: named(choices.people, names),
        assets: named(choices.assets, assets),
      };
    },
  });
}

export function showCheckpoint(audit: AuditLog) {
  return endpoint({
    summary: "The newest signed checkpoint of a log, the one in force if none is named",
    query: z.strictObject({ log: logNumber.exactOptional() }),
    answer: z.string(),
    contentType: "text/plain; charset=utf-8",
    handle: async ({ query: { log } }) => {
      const heads = await audit.reader.heads();
      const head = log === undefined ? heads.at(-1) : heads.find(({ number }) => number === log);
      if (!head) throw notFound();
      return head.note;
    },
  });
}

export function showConsistency(audit: AuditLog) {
  return endpoint({
    summary: "Proof that the first leaves of a log are the beginning of a larger tree of it",
    query: z.strictObject({ log: logNumber, from: count, to: count }),
    answer: logConsistencySchema,
    handle: async ({ query: { log, from, to } }) => {
      const head = await audit.reader.head(log);
      if (!head) throw notFound();
      if (from > to || to > head.size) {
        const message = `The log has ${head.size} leaves: ask for 0 ≤ from ≤ to ≤ ${head.size}.`;
        throw new ApiRefused(400, "invalid-request", message);
      }
      try {
        return { hashes: (await audit.reader.consistency(log, from, to)).map(toBase64) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ApiRefused(422, "log-damaged", `The proof cannot be made: ${reason}.`);
      }
    },
  });
}
