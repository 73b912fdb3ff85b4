import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import type { FeedItem } from "../../store/integration-feed.ts";
import type { EventAbout } from "../../store/model.ts";
import { cefLine } from "./cef.ts";
import { ocsfEvent, ocsfLine } from "./ocsf.ts";
import { framed, MESSAGE_BYTES_MAX, syslogMessage } from "./syslog-message.ts";

const PRODUCT = { version: "1.2.3", site: "north", siteName: "North" };
const SCHEMA = z.fromJSONSchema(
  JSON.parse(
    readFileSync(new URL("../../../deploy/siem/ocsf.schema.json", import.meta.url), "utf8"),
  ),
);

const ADA = { id: "p-1", name: "Ada", email: "ada@plant.example", employer: "Plant" };
const WHERE = {
  ...{ asset: "plc", assetName: "PLC", endpoint: "plc/modbus", host: "10.20.0.5", port: "502" },
  ...{ protocol: "modbus", grant: "g-1", profile: "tuning" },
};

function item(kind: string, more: Partial<FeedItem> = {}): FeedItem {
  return {
    ...{ position: 7, id: "e-1", atMs: 1_767_600_000_000, kind, priority: "event", text: "text" },
    ...{ session: null, person: ADA, about: {}, ...more },
  };
}

/** Every kind that the broker notes, with what it becomes. */
const KINDS: readonly (readonly [string, FeedItem["priority"], EventAbout, string])[] = [
  ["sign-in:begun", "event", { address: "192.0.2.1" }, "Authentication: Logon Success"],
  ["sign-in:refused", "event", { address: "192.0.2.1" }, "Authentication: Logon Failure"],
  ["sign-in:ended", "event", {}, "Authentication: Logoff Success"],
  ["sign-in:stepped-up", "event", {}, "Authentication: Other Success"],
  ["person:invited", "event", {}, "Account Change: Create Success"],
  ["person:disabled", "event", {}, "Account Change: Disable Success"],
  ["person:roles", "event", {}, "Account Change: Other"],
  ["passkey:added", "event", {}, "Account Change: MFA Factor Enable Success"],
  ["passkey:counter", "alarm", {}, "Detection Finding: Create"],
  ["grant:created", "event", WHERE, "User Access Management: Assign Privileges Success"],
  ["grant:revoked", "event", WHERE, "User Access Management: Revoke Privileges Success"],
  ["request:made", "event", { request: "r" }, "Entity Management: Create"],
  ["request:refused", "event", { request: "r" }, "Entity Management: Other"],
  ["break-glass:opened", "alarm", WHERE, "User Access Management: Assign Privileges Success"],
  ["lock:set", "alarm", { lock: "l" }, "Entity Management: Create"],
  ["session:opened", "event", WHERE, "Network Activity: Open Success"],
  ["session:ended", "event", WHERE, "Network Activity: Close"],
  ["session:frozen", "event", WHERE, "Network Activity: Other"],
  ["session:watched", "event", {}, "Entity Management: Other"],
  ["operation:denied", "event", WHERE, "Network Activity: Refuse Failure"],
  ["operation:refused", "alarm", WHERE, "Detection Finding: Create"],
  ["hold:waiting", "alarm", WHERE, "Detection Finding: Create"],
  ["recorder:failed", "alarm", {}, "Detection Finding: Create"],
  ["recording:exported", "event", {}, "Entity Management: Read"],
  ["policy:changed", "event", {}, "Entity Management: Update"],
  ["something:new", "event", {}, "Entity Management: Other"],
  ["something:alarming", "alarm", {}, "Detection Finding: Create"],
];

test("each kind of event becomes its class of OCSF, and what it becomes is valid", () => {
  for (const [kind, priority, about, expected] of KINDS) {
    for (const person of [ADA, null]) {
      const event = ocsfEvent(item(kind, { priority, about, person }), PRODUCT);
      const said = [event.type_name, event.status].filter((part) => part !== undefined).join(" ");
      expect(said, kind).toBe(expected);
      const checked = SCHEMA.safeParse(JSON.parse(JSON.stringify(event)));
      expect(checked.error?.issues ?? [], kind).toEqual([]);
    }
  }
});

test("the schema refuses what is not whole", () => {
  const event = ocsfEvent(item("session:opened", { about: WHERE }), PRODUCT);
  const { dst_endpoint: _asset, ...without } = event;
  const { time: _time, ...timeless } = event;
  for (const wrong of [without, timeless, { ...event, type_uid: 1 }, { ...event, class_uid: 9 }]) {
    expect(SCHEMA.safeParse(JSON.parse(JSON.stringify(wrong))).success).toBe(false);
  }
});

const anyText = fc.string({ unit: "binary", maxLength: 600 });
const anyItem = fc
  .record({ text: anyText, name: anyText, asset: anyText, rule: anyText, kind: anyText })
  .map(({ text, name, asset, rule, kind }) =>
    item(kind, {
      ...{ text, person: { ...ADA, name }, session: name },
      about: { ...WHERE, asset, assetName: asset, rule, action: text, address: name },
    }),
  );
/** Line ends, escapes and what turns the direction of text. */
const HOSTILE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test("whatever people call things, a message is one line, bounded, and its fields can be told apart", () => {
  fc.assert(
    fc.property(anyItem, (given) => {
      const cef = cefLine(given, PRODUCT.version);
      expect(cef).not.toMatch(HOSTILE);
      expect(cef.match(/(?<!\\)(?:\\\\)*\|/g)?.length).toBeGreaterThanOrEqual(7);
      const message = syslogMessage(given, "höst name\n", cef);
      expect(message).not.toMatch(HOSTILE);
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
      expect(message).toMatch(
        /^<\d{1,3}>1 \d{4}-\S+Z \S+ sallyport - \S{1,32} \[sallyport@32473( \w+="(?:[^"\\\]]|\\["\\\]])*")+\] CEF:0\|/u,
      );
      const [length = "", ...rest] = framed(message).split(" ");
      expect(Number(length)).toBe(Buffer.byteLength(rest.join(" ")));
    }),
    { numRuns: 300 },
  );
});

test("an event in JSON is whole within its bound, however long its parts", () => {
  fc.assert(
    fc.property(anyItem, fc.integer({ min: 3_000, max: 9_000 }), (given, bytesMax) => {
      const line = ocsfLine({ ...given, priority: "alarm" }, PRODUCT, bytesMax);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(Math.max(bytesMax, 6_200));
      expect(line).not.toContain("\n");
      expect(JSON.parse(line).metadata.uid).toBe("e-1");
    }),
    { numRuns: 300 },
  );
});

test("CEF and the header of RFC 5424 read as their documents say", () => {
  const given = item("sign-in:refused", {
    ...{ text: "a=b\\c|d", about: { address: "192.0.2.1" }, session: "s-1" },
  });
  expect(cefLine(given, "1|2")).toBe(
    "CEF:0|Sallyport|Sallyport|1\\|2|sign-in:refused|Sign in refused|6|" +
      "rt=1767600000000 externalId=e-1 suid=p-1 suser=Ada src=192.0.2.1 " +
      "cs1Label=session cs1=s-1 msg=a\\=b\\\\c|d outcome=failure",
  );
  expect(syslogMessage(given, "broker.example", "x")).toBe(
    '<110>1 2026-01-05T08:00:00.000Z broker.example sallyport - sign-in:refused [sallyport@32473 id="e-1" sequence="7" person="p-1" session="s-1"] x',
  );
});
