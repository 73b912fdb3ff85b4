import type { Access, ControlledSession, PlantInForce } from "../../access/access.ts";
import { BROKER_SUBJECT } from "../../access/permit.ts";
import { type FiguresByMonth, figuresNow } from "../../access/steering-figures.ts";
import type { Clock } from "../../clock.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import { endpoint } from "../endpoint.ts";
import { figuresSchema } from "../shapes/figures.ts";

export interface FiguresParts {
  readonly access: Pick<Access<ControlledSession>, "review">;
  readonly plant: PlantInForce;
  readonly recordings: Pick<Recordings, "heads">;
  readonly figuresByMonth: FiguresByMonth;
  readonly clock: Clock;
}

export function showFigures({ access, plant, recordings, figuresByMonth, clock }: FiguresParts) {
  return endpoint({
    summary: "Sign-ins, waits for access, cuts, refusals and what nobody reviewed, by month",
    answer: figuresSchema,
    handle: async () => {
      const { site } = plant.current();
      const nowMs = clock.wallMs();
      const heads = await recordings.heads(
        ({ subject, state }) => subject !== BROKER_SUBJECT.id && state !== "open",
      );
      const when = { nowMs, timeZone: site.timeZone };
      const months = await figuresByMonth(heads, when);
      const now = figuresNow(await access.review());
      return { site: site.name, atMs: nowMs, now, months: [...months] };
    },
  });
}
