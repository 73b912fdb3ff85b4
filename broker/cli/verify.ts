/** How the whole package proves a bundle: with the guards of all protocols. */
import type { Guard } from "../../protocols/guard.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { rerunSession } from "../evidence/log/rerun-bundle.ts";
import type { Endpoint } from "../plant/model.ts";
import { newGuard } from "../sessions/protocol-road.ts";
import { readVersion } from "../version.ts";
import type { TextOutput } from "./plant-check.ts";
import { type Prover, proveBundle, type VerifyAsked } from "./prove-bundle.ts";

/** @returns the exit code @throws PolicyUnreadable */
export function runVerify(asked: VerifyAsked, out: TextOutput): Promise<number> {
  return proveBundle(asked, wholeProver(), out);
}

export function wholeProver(): Prover {
  const rerun: Prover["rerun"] = (bundle, session, identities) =>
    rerunSession(bundle, session, identities, guardOf);
  return { build: readVersion(), rerun };
}

function guardOf(protocol: string, header: Header | undefined): Guard | undefined {
  try {
    return newGuard({ protocol: protocol as Endpoint["protocol"] }, header);
  } catch {
    return undefined;
  }
}
