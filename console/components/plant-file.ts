/** The plant file: read, checked, planned, signed. */
import { queryOptions } from "@tanstack/react-query";
import type {
  PlantCheckView,
  PlantFileView,
  PlantImportOrder,
  PlantImportView,
  PlantPlanView,
  PlantVersionTextView,
  ReachabilityView,
} from "../../broker/api/shapes/plant-file.ts";
import { plantFileText } from "../text/plant-file.ts";
import { ask, askUnlessSame } from "./http.ts";
import { ApiProblem } from "./problem.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const FILE = "/api/plant-file";
const PLANS = "/api/plant-plans";

/** Under the key of the plant: one topic refreshes both. */
export const plantFileQuery = queryOptions({
  queryKey: ["plant", "file"],
  queryFn: () => askUnlessSame<PlantFileView>(FILE),
});

/** A version never changes. */
export const plantVersionQuery = (sequence: number) =>
  queryOptions({
    queryKey: ["plant-version", sequence],
    queryFn: () => ask<PlantVersionTextView>("GET", `${FILE}/versions/${sequence}`),
    staleTime: Number.POSITIVE_INFINITY,
  });

export function plantPlanQuery(id: string) {
  return queryOptions({
    queryKey: ["plant", "plan", id],
    queryFn: () => ask<PlantPlanView>("GET", planPath(id)),
  });
}

/** While it looks; a connection takes milliseconds, or the endpoint's own time limit. */
const REACH_EVERY_MS = 1_000;

export const reachabilityQuery = queryOptions({
  queryKey: ["plant", "reachability"],
  queryFn: () => ask<ReachabilityView>("GET", "/api/reachability"),
  refetchInterval: ({ state }) => (state.data?.looking ? REACH_EVERY_MS : false),
});

export const lookForEndpoints = () => ask<ReachabilityView>("POST", "/api/reachability", {});

export const checkPlant = (text: string) => ask<PlantCheckView>("POST", `${FILE}/check`, { text });

/** @param basedOn digest of the text in force that it was made from */
export const planPlant = (text: string, basedOn: string) =>
  ask<PlantPlanView>("POST", PLANS, { text, basedOn });

export const importIntoPlant = (asked: PlantImportOrder) =>
  ask<PlantImportView>("POST", `${FILE}/import`, asked);

/** What the broker takes at most. */
const SHEET_BYTES_MAX = 2 * 1024 * 1024;

/** UTF-8, or as older spreadsheets save it. @throws ApiProblem where it is no text, or too large */
export async function sheetText(file: Blob): Promise<string> {
  const refuse = (message: string) => new ApiProblem(400, { code: "sheet", message });
  if (file.size > SHEET_BYTES_MAX) throw refuse(plantFileText.import.tooLarge);
  const bytes = await file.arrayBuffer();
  const text = decoded(bytes, "utf-8") ?? decoded(bytes, "windows-1252") ?? "";
  if (text.includes("\0") || text.startsWith("PK")) throw refuse(plantFileText.import.noText);
  return text;
}

function decoded(bytes: ArrayBuffer, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export const cancelPlan = (id: string) => ask<void>("DELETE", planPath(id));

/** One touch: the passkey signs the digest of exactly this text, in the place of the one in force. */
export async function signPlan(id: string, reason: string): Promise<PlantPlanView> {
  const toSign = await ask<ActionToSign>("POST", `${planPath(id)}/options`, { reason });
  const answer = await signAction(toSign, plantFileText.plan.altered);
  return ask<PlantPlanView>("POST", `${planPath(id)}/application`, answer);
}

export const withdrawChange = (digest: string) =>
  ask<void>("POST", "/api/plant-change/withdrawal", { digest });

function planPath(id: string): string {
  return `${PLANS}/${encodeURIComponent(id)}`;
}
