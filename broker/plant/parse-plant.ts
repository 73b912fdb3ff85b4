/** The plant file: text in, a checked plant or all that is wrong with it out. */
import { createHash } from "node:crypto";
import { checkPlant, type PlantParts } from "./check-plant.ts";
import type { KeySwitch, Plant } from "./model.ts";
import { approval } from "./parse-approval.ts";
import { asset } from "./parse-asset.ts";
import { condition } from "./parse-conditions.ts";
import { grant } from "./parse-grant.ts";
import { findInputs, keySwitch } from "./parse-key-switch.ts";
import { profile } from "./parse-profile.ts";
import { response } from "./parse-response.ts";
import { conduit, itemsOf, site, siteWithin, zone } from "./parse-zones.ts";
import {
  ASSETS_MAX,
  CONDITIONS_MAX,
  CONDUITS_MAX,
  GRANTS_MAX,
  KEY_SWITCHES_MAX,
  PROFILES_MAX,
  RESPONSES_MAX,
  SITES_MAX,
  ZONES_MAX,
} from "./plant-limits.ts";
import type { PlantProblem, ProblemReport } from "./plant-problem.ts";
import { References } from "./references.ts";
import type { ResponseRule } from "./response-model.ts";
import { readYaml } from "./yaml-document.ts";
import { list } from "./yaml-readings.ts";
import { Mapping, Value } from "./yaml-value.ts";
import type { Site } from "./zone-model.ts";

export type ParsedPlant =
  | {
      readonly kind: "plant";
      readonly plant: Plant;
      /** What is allowed but probably not meant. */
      readonly warnings: readonly PlantProblem[];
    }
  | {
      readonly kind: "invalid";
      /** All of them, in the order of the file, at least one. */
      readonly problems: readonly PlantProblem[];
    };

/**
 * Never throws.
 * @param name of the file, for problems of the file as a whole
 * @param pieceLength as `readYaml` has it
 */
export function parsePlant(text: string, name: string, pieceLength?: number): ParsedPlant {
  const { root, report } = readYaml(text, pieceLength);
  const read = report.failed ? undefined : readParts(new Value(root, "", report), name);
  if (report.failed || !read) return { kind: "invalid", problems: problemsOf(report, name) };
  const { parts } = read;
  return {
    kind: "plant",
    plant: {
      site: read.site,
      sites: itemsOf(parts.sites),
      zones: itemsOf(parts.zones),
      conduits: itemsOf(parts.conduits),
      assets: itemsOf(parts.assets),
      profiles: itemsOf(parts.profiles),
      grants: itemsOf(parts.grants),
      approvals: itemsOf(parts.approvals),
      conditions: itemsOf(parts.conditions),
      keySwitches: read.keySwitches,
      responses: read.responses,
      digest: createHash("sha256").update(text).digest("hex"),
    },
    warnings: report.listWarnings(),
  };
}

function problemsOf(report: ProblemReport, name: string): readonly PlantProblem[] {
  const problems = report.listErrors();
  if (problems.length > 0) return problems;
  return [{ line: 0, column: 0, path: "", message: `${name} holds no plant` }];
}

interface ReadPlant {
  readonly site: Site;
  readonly parts: PlantParts;
  readonly keySwitches: readonly KeySwitch[];
  readonly responses: readonly ResponseRule[];
}

function readParts(root: Value, name: string): ReadPlant | undefined {
  if (root.isEmpty) return root.fail(`${name} is empty; a plant begins with "site:"`);
  const from = Mapping.read(root, "a plant");
  if (!from) return undefined;
  const references = new References();
  const read = from.need("site", site(references)) ?? { id: "", name: "", timeZone: "UTC" };
  const size = (max: number) => ({ min: 1, max });
  const parts: PlantParts = {
    sites: from.take("sites", list(siteWithin(references), size(SITES_MAX))) ?? [],
    zones: from.need("zones", list(zone(references), size(ZONES_MAX))) ?? [],
    conduits: from.take("conduits", list(conduit(references), { max: CONDUITS_MAX })) ?? [],
    assets: from.need("assets", list(asset(references), { max: ASSETS_MAX })) ?? [],
    profiles: from.take("profiles", list(profile(references), { max: PROFILES_MAX })) ?? [],
    grants: from.take("grants", list(grant(references), { max: GRANTS_MAX })) ?? [],
    approvals: from.take("approvals", list(approval(references), { max: ZONES_MAX })) ?? [],
    conditions: from.take("conditions", list(condition(references), { max: CONDITIONS_MAX })) ?? [],
  };
  const switches =
    from.take("key-switches", list(keySwitch(references), { max: KEY_SWITCHES_MAX })) ?? [];
  const responses =
    from.take("responses", list(response(references), { max: RESPONSES_MAX })) ?? [];
  from.finish();
  references.resolve();
  checkPlant(parts);
  return {
    ...{ site: read, parts, keySwitches: findInputs(switches, parts.assets) },
    responses: itemsOf(responses),
  };
}
