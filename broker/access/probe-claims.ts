/**
 * The permit of the broker itself: to read one point that the plant file names as a key switch,
 * and nothing else. Pure.
 */
import type { Asset, Endpoint, KeySwitch, KeySwitchInput, Plant, Rule } from "../plant/model.ts";
import { namedSite } from "../plant/plant-index.ts";
import { newId } from "../store/ids.ts";
import { BROKER_SUBJECT, type PermitClaims } from "./permit.ts";

/** One recording a shift: long enough to be few, short enough to be opened. */
const PROBE_SESSION_MS = 12 * 3_600_000;
/** A permit is used in the turn it is made; this is room for a slow name look-up. */
const PERMIT_MS = 30_000;

export function probeClaims(
  plant: Plant,
  { asset, endpoint }: { readonly asset: Asset; readonly endpoint: Endpoint },
  keySwitch: KeySwitch,
  nowMs: number,
): PermitClaims {
  const { digest } = plant;
  const untilMs = nowMs + PROBE_SESSION_MS;
  const name = `key-switch ${keySwitch.id}`;
  return {
    session: newId(),
    site: namedSite(plant, asset),
    subject: BROKER_SUBJECT,
    grant: { id: name, untilMs },
    asset: { id: asset.id, name: asset.name, zone: asset.zone },
    endpoint: onlyInput(endpoint, keySwitch.input),
    profile: {
      id: "key-switch",
      description: `Reads the key switch ${keySwitch.name}.`,
      onRecorderFailure: "freeze",
      rules: rulesOf(name, keySwitch.input),
    },
    plantDigest: digest,
    capabilities: ["observe"],
    limits: {
      // Nobody sits at it, and nothing it holds could be taken away by degrees.
      ...{ idleMs: PROBE_SESSION_MS, leaseMs: PROBE_SESSION_MS, renewMs: PROBE_SESSION_MS },
      untilMs,
    },
    expiresMs: nowMs + PERMIT_MS,
  };
}

/** Of all that the endpoint has, the one point. */
function onlyInput(endpoint: Endpoint, input: KeySwitchInput): Endpoint {
  if (endpoint.protocol === "opcua" && input.kind === "opcua") {
    return { ...endpoint, tags: [], nodes: [input.tag] };
  }
  if (endpoint.protocol === "modbus" && input.kind === "modbus") {
    return { ...endpoint, tags: [input.tag] };
  }
  throw new Error(`${input.endpoint} does not speak ${input.kind} any more`);
}

/** Server_NamespaceArray: by which number the server knows the node's namespace. */
const NAMESPACES = "i=2255";

function rulesOf(name: string, { kind, tag }: KeySwitchInput): readonly Rule[] {
  const rule = { verdict: "permit", limits: {} } as const;
  const reads = { ...rule, name, match: { classes: ["observe"], tags: [tag.name] } } as const;
  if (kind === "modbus") return [reads];
  const own = { protocol: "opcua", actions: ["opcua:read"], nodes: [NAMESPACES] } as const;
  return [reads, { ...rule, name: `${name}, names`, match: { classes: ["observe"], own } }];
}
