import { expect, test } from "vitest";
import type { RfbOperation } from "../../protocols/rfb/operation.ts";
import type { ScreenPage } from "../../protocols/rfb/screen-page.ts";
import type { Profile, Rule, VncMatch } from "../plant/model.ts";
import { ALL } from "./profile-samples.ts";
import { BoundedRateLedger } from "./rate-ledger.ts";
import { VncMatcher } from "./vnc-matcher.ts";

const START = { name: "Start", x: 100, y: 200, width: 50, height: 20 };
const STOP = { name: "Stop", x: 200, y: 200, width: 50, height: 20 };

function page(name: string): ScreenPage {
  const mark = { x: 0, y: 0, width: 8, height: 8, picture: "000000" };
  return { name, width: 800, height: 480, mark, regions: [START, STOP] };
}

const ENDPOINT = { viewOnly: false, resize: false, pages: [page("Pumps"), page("Filters")] };

function rule(verdict: Rule["verdict"], own: Omit<VncMatch, "protocol">): Rule {
  const match = { classes: ["operate"] as const, own: { protocol: "vnc" as const, ...own } };
  return { name: `${verdict} ${JSON.stringify(own)}`, verdict, match, limits: {} };
}

function judging(...rules: readonly Rule[]) {
  const profile: Profile = { id: "hmi", description: "", onRecorderFailure: "freeze", rules };
  const ledger = new BoundedRateLedger();
  const matcher = new VncMatcher({ profile, subject: "ana", ledger, endpoint: ENDPOINT });
  return (operation: RfbOperation) => matcher.judge(operation, ALL, 0);
}

const click = (x: number, y: number, on?: string, button = "left"): RfbOperation => ({
  ...{ action: "rfb:click", class: "operate", button, x, y },
  ...(on !== undefined && { page: on }),
});
const drag = (x: number, y: number, on: string): RfbOperation => ({
  ...{ action: "rfb:pointer", class: "operate", x, y, page: on },
});

test("a click passes inside a named rectangle of its page alone, to its last pixel", () => {
  const judge = judging(rule("permit", { regions: ["Pumps/Start"] }));
  expect(judge(click(100, 200, "Pumps")).kind).toBe("permit");
  expect(judge(click(149, 219, "Pumps")).kind).toBe("permit");
  for (const [x, y] of [
    [99, 200],
    [150, 200],
    [100, 199],
    [100, 220],
    [210, 205],
  ] as const) {
    expect(judge(click(x, y, "Pumps")).kind, `${x}, ${y}`).toBe("deny");
  }
  expect(judge(click(110, 210, "Filters"))).toMatchObject({
    ...{ kind: "deny", rule: "default-deny" },
    reason: 'no rule of the profile "hmi" permits a click (left) at 110, 210 on the page "Filters"',
  });
  expect(judge(click(110, 210, ""))).toMatchObject({
    reason: expect.stringContaining("on a page that is not recognised"),
  });
  // Where no page was looked for there is none.
  expect(judge(click(110, 210)).kind).toBe("deny");
});

test("all rectangles of a page are named by a star, and others can wait for a person", () => {
  const judge = judging(
    rule("permit", { regions: ["Pumps/*"], buttons: ["left"] }),
    rule("hold", { actions: ["rfb:click"] }),
  );
  expect(judge(click(110, 210, "Pumps")).kind).toBe("permit");
  expect(judge(click(210, 210, "Pumps")).kind).toBe("permit");
  expect(judge(click(210, 210, "Pumps", "right")).kind).toBe("hold");
  expect(judge(click(10, 10, "Pumps")).kind).toBe("hold");
  expect(judge(click(210, 210, "Filters")).kind).toBe("hold");
});

test("a rule about rectangles is about what is dragged in them, and about no key and no mere move", () => {
  const judge = judging(rule("permit", { regions: ["Pumps/Start"] }));
  expect(judge(drag(120, 210, "Pumps")).kind).toBe("permit");
  expect(judge(drag(160, 210, "Pumps")).kind).toBe("deny");
  expect(judge({ action: "rfb:pointer", class: "operate", key: 1 }).kind).toBe("deny");
  const key = { action: "rfb:key", class: "operate", keysym: 97, chord: "a" } as const;
  expect(judge(key).kind).toBe("deny");
});

test("a rectangle can be what nobody may touch", () => {
  const judge = judging(
    rule("deny", { regions: ["Pumps/Stop"] }),
    rule("permit", { actions: ["rfb:click", "rfb:pointer"] }),
  );
  expect(judge(click(210, 210, "Pumps")).kind).toBe("deny");
  expect(judge(click(110, 210, "Pumps")).kind).toBe("permit");
});
