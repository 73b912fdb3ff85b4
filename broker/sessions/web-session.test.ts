/** Sessions on a web panel over memory legs: what was judged is what a tape, run again, comes to. */
import { expect, test } from "vitest";
import { HttpGuard } from "../../protocols/http/guard.ts";
import { latin1 } from "../../protocols/http/head.ts";
import { testClaims } from "../../test/kit/claims.ts";
import { MODBUS_AGAIN, rerun } from "../../test/kit/rerun.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import type { VerifiedClaims } from "../access/permits.ts";
import type { Profile, WebEndpoint } from "../plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../plant/plant-limits.ts";

const endpoint: WebEndpoint = {
  ...{ id: "web", protocol: "web", host: "10.0.0.5", port: 80, allowLocal: false, tags: [] },
  ...{ limits: ENDPOINT_LIMITS_DEFAULT, signIn: { kind: "none" } },
};

const profile: Profile = {
  ...{ id: "web", description: "", onRecorderFailure: "freeze" },
  rules: [
    {
      ...{ name: "look", verdict: "permit", limits: {} },
      match: { classes: ["observe"], own: { protocol: "web", paths: ["/"] } },
    },
  ],
};

test("what a profile names is looking to the tape too, a refusal says its rule, and both run again", async () => {
  const kit = await SessionKit.start();
  const nowMs = kit.clock.wallMs();
  const claims = { ...testClaims({ nowMs }), endpoint, profile } as VerifiedClaims;
  const session = await kit.openWith(claims);
  const ask = (target: string) =>
    session.client.feed(latin1(`GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`));
  ask("/");
  session.asset.feed(
    latin1("HTTP/1.1 200 OK\r\nsallyport-request: 1\r\ncontent-length: 2\r\n\r\nhi"),
  );
  ask("/start");
  const heard = String.fromCharCode(...session.client.written.flatMap((bytes) => [...bytes]));
  expect(heard).toContain("Rule: default-deny.");
  session.live.end({ rule: "cut", reason: "done" });
  const verdicts = session.tape.flatMap((record) =>
    record.kind === "verdict" ? record.items : [],
  );
  expect(verdicts.map(({ operation }) => operation.class)).toEqual(["observe", "operate"]);
  const again = rerun(session.tape, { ...MODBUS_AGAIN, guardOf: () => new HttpGuard() });
  expect(again.difference).toBeUndefined();
  expect(again.figures.verdicts).toBe(2);
});
