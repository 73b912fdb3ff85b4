import { z } from "zod";
import type { BaselineDesk, BaselineProposed } from "../../risk/baseline-desk.ts";
import type { ReadBaseline } from "../../risk/baseline-file.ts";
import { endpoint } from "../endpoint.ts";
import {
  type BaselineView,
  baselineSchema,
  type ProposedBaselineView,
} from "../shapes/baseline.ts";
import { inWords } from "./baseline-refusals.ts";

export interface BaselineGround {
  /** Undefined where sessions are not compared with what was usual. */
  readonly baselines: BaselineDesk | undefined;
}

/** As many as somebody looks through. */
const VERSIONS_SHOWN = 50;

export function showBaseline({ baselines }: BaselineGround) {
  return endpoint({
    summary:
      "What counts as usual, and what would change by what waits for an approval, or by an earlier version",
    query: z.strictObject({ version: z.coerce.number().int().min(1).exactOptional() }),
    answer: baselineSchema,
    handle: async ({ query: { version } }) => {
      const current = baselines?.inForce;
      return {
        compared: baselines !== undefined,
        approvedHere: baselines?.isApprovedHere ?? false,
        inForce: current ? summaryOf(current) : null,
        ...(version === undefined ? waiting(baselines) : await earlier(baselines, version)),
        versions: (baselines?.versions() ?? [])
          .toReversed()
          .slice(0, VERSIONS_SHOWN)
          .map(({ number, digest, atMs, byName, reason, back }) => ({
            ...{ number, digest, atMs, byName, reason, back },
          })),
      };
    },
  });
}

async function earlier(desk: BaselineDesk | undefined, version: number) {
  const found = await inWords(desk, (known) => known.earlier(version));
  return { proposed: viewOf(found, version), problem: null };
}

/** One that cannot be read keeps nobody from seeing what is in force. */
function waiting(desk: BaselineDesk | undefined): Pick<BaselineView, "proposed" | "problem"> {
  try {
    const proposed = desk?.proposed();
    return { proposed: proposed ? viewOf(proposed, null) : null, problem: null };
  } catch (error) {
    return { proposed: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

function viewOf(proposed: BaselineProposed, version: number | null): ProposedBaselineView {
  const changes = proposed.changes.map(({ adds, drops, ...of }) => ({
    ...{ ...of, adds: [...adds], drops: [...drops] },
  }));
  return { ...summaryOf(proposed), version, changes, more: proposed.more };
}

function summaryOf({ baseline, digest }: ReadBaseline) {
  const { sessions, from, until } = baseline;
  return { digest, sessions, from, until };
}
