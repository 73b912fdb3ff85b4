import { expect, test } from "vitest";
import type { FiguresView } from "../../broker/api/shapes/figures.ts";
import type { StandingRightView } from "../../broker/api/shapes/vendors.ts";
import { csvOf } from "./figures-csv.ts";
import { reviewCsv } from "./review-csv.ts";

const NOTHING = { median: null, most: null };
const FIGURES: FiguresView = {
  ...{ site: '=Works "North", 1', atMs: 0, now: { rights: 0, standing: 0, unused: 0 } },
  months: [
    {
      ...{ month: "2026-11", signIns: { begun: 4, refused: 1 }, refusals: 2, breakGlass: 0 },
      requests: { made: 3, agreed: 2, refused: 1, lapsed: 0, decided: NOTHING, used: NOTHING },
      sessions: { opened: 5, cut: 1, cutAfter: { median: 0.25, most: 0.25 } },
      recordings: { ended: 5, unreviewed: 4 },
    },
  ],
};

test("the file has one line a month, and a name is never a formula", () => {
  const [head = "", row = "", end] = csvOf(FIGURES).split("\r\n");
  expect(
    row.startsWith(`"'=Works ""North"", 1",2026-11,4,1,3,2,1,0,,,,,5,1,0.25,0.25,2,0,5,4`),
  ).toBe(true);
  expect(head.split(",")).toHaveLength(20);
  expect(end).toBe("");
});

test("the rights that stand are one line each, with their last use", () => {
  const grant: StandingRightView["grant"] = {
    ...{
      id: "g1",
      source: "console" as const,
      site: "works",
      personId: "ben",
      subject: "=Ben",
      endpoint: "plc/modbus",
    },
    ...{ profile: "read-only", fromMs: null, untilMs: 0, state: "live" as const, createdBy: "Ada" },
    ...{ createdMs: 0, reason: "" },
  };
  const unused = { grant, lastUsedMs: null, lastUsedBy: null, unused: true };
  const [, row] = reviewCsv([unused]).split("\r\n");
  expect(row).toBe("'=Ben,plc,modbus,read-only,g1,console,1970-01-01T00:00:00.000Z,,,yes");
});
