import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Operation } from "../../protocols/guard.ts";
import {
  AWAITS_SCAN,
  AWAITS_VALUE,
  type Judged,
  type TapeBody,
  type TapeRecord,
} from "../../protocols/tape/record.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { BoundedRateLedger } from "./rate-ledger.ts";
import { WhatIf } from "./what-if.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);
const PAST = { subject: "ana", profile: "switch-maintenance" };
const WRITE = {
  ...{ action: "file:write", class: "transfer", via: "sftp", path: "/config/a.cfg", size: 9 },
} as unknown as Operation;

function judge() {
  const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  const { assets, profiles } = parsed.plant;
  const endpoint = assets.flatMap((asset) => asset.endpoints).find((one) => one.protocol === "ssh");
  const profile = profiles.find(({ id }) => id === PAST.profile);
  const ledger = new BoundedRateLedger();
  const whatIf = new WhatIf(PAST, { endpoint, profile, policies: undefined, ledger });
  let sequence = 0;
  const push = (body: TapeBody) =>
    whatIf.push({ ...body, sequence: sequence++, wallMs: 0, monotonicMs: 0 } as TapeRecord);
  push({ kind: "capabilities", classes: ["configure", "transfer"], cause: "began" });
  const verdict = (answer: Judged["answer"], reason: string) =>
    push({
      ...{ kind: "verdict", channel: 1, decision: 1 },
      items: [{ operation: WRITE, answer, reason, rule: `${PAST.profile}/configuration files` }],
    }).operations;
  return verdict;
}

const DENY = { kind: "deny", refusal: "value" } as const;

test("what the scanner found is no difference of rules", () => {
  const verdict = judge();
  verdict({ kind: "hold" }, AWAITS_SCAN);
  expect(verdict(DENY, "malware was found in it")).toEqual([]);
});

test("what a rule refused and would permit now is one, and so is what a person was asked about", () => {
  expect(judge()(DENY, "larger than it may be")).toMatchObject([
    { before: { verdict: "deny" }, after: { verdict: "permit" } },
  ]);
  const asked = judge();
  asked({ kind: "hold" }, "a person must agree to it");
  expect(asked({ kind: "permit" }, "")).toMatchObject([
    { before: { verdict: "hold" }, after: { verdict: "permit" } },
  ]);
});

test("waiting for a value is no asking", () => {
  const verdict = judge();
  verdict({ kind: "hold" }, AWAITS_VALUE);
  expect(verdict({ kind: "permit" }, "")).toEqual([]);
});
