/** A learned profile permits exactly what it was learned from, whatever that was, and little more. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Operation, OperationClass } from "../../../protocols/guard.ts";
import { OPERATION_CLASSES } from "../../../protocols/guard.ts";
import type { Pair } from "../../../protocols/http/operation.ts";
import type { ModbusOperation } from "../../../protocols/modbus/operation.ts";
import { registerCount } from "../../../protocols/modbus/values.ts";
import type { Endpoint, ModbusEndpoint, Protocol } from "../../plant/model.ts";
import { parsePlant } from "../../plant/parse-plant.ts";
import { withProfile } from "../../plant/profile-text.ts";
import { compileProfile } from "../compile-profile.ts";
import { BoundedRateLedger } from "../rate-ledger.ts";
import { learnProfile } from "./learn-profile.ts";
import type { Learned, Seen } from "./learned.ts";

const EXAMPLE = new URL("../../../deploy/examples/water-plant.yaml", import.meta.url);
const plantText = readFileSync(EXAMPLE, "utf8");
const ALL = new Set<OperationClass>(OPERATION_CLASSES);
const EXACTLY = { margin: 0 };

function endpointOf<P extends Protocol>(protocol: P): Extract<Endpoint, { protocol: P }> {
  const parsed = parsePlant(plantText, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  const all = parsed.plant.assets.flatMap(({ endpoints }) => endpoints);
  const found = all.find((each) => each.protocol === protocol);
  if (!found) throw new Error(`the example has no ${protocol}`);
  return found as Extract<Endpoint, { protocol: P }>;
}

/** Through the plant file, as a person would take it over. */
function matcherOf(endpoint: Endpoint, { rules }: Learned) {
  const text = withProfile(plantText, { id: "learned", description: "Learned", rules });
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  const profile = parsed.plant.profiles.find(({ id }) => id === "learned");
  if (!profile) throw new Error("the learned profile is not there");
  return compileProfile({ profile, endpoint, subject: "s", ledger: new BoundedRateLedger() });
}

/** What it refuses of these, in words. */
function refused(endpoint: Endpoint, learned: Learned, seen: readonly Seen[]): readonly string[] {
  if (learned.rules.length === 0) return seen.map(({ operation }) => operation.action);
  const matcher = matcherOf(endpoint, learned);
  return seen.flatMap(({ operation, atMs }) => {
    const decision = matcher.judge(matcher.classed?.(operation) ?? operation, ALL, atMs);
    return decision.kind === "permit" ? [] : [JSON.stringify({ operation, decision })];
  });
}

/** Seconds apart. */
function over(operations: readonly Operation[], everyMs = 5_000): readonly Seen[] {
  return operations.map((operation, n) => ({ operation, atMs: 1_000_000 + n * everyMs }));
}

const modbus = endpointOf("modbus");
const [unit = 1] = modbus.units;
const writable = modbus.tags.filter(
  ({ table, type }) =>
    registerCount(type) === 1 && (table === "coils" || table === "holding-registers"),
);

const address = fc.integer({ min: 0, max: 60 });
const table = fc.constantFrom("coils", "holding-registers", "input-registers", "discrete-inputs");
const read = fc.record({ table, address, count: fc.integer({ min: 1, max: 20 }) }).map(
  ({ table: of, ...where }): ModbusOperation => ({
    ...{ action: "modbus:read", class: "observe", unit, table: of, ...where },
    function: { coils: 1, "discrete-inputs": 2, "holding-registers": 3, "input-registers": 4 }[of],
  }),
);
const writeTag = fc
  .tuple(fc.constantFrom(...writable), fc.array(fc.nat(65_535), { minLength: 4, maxLength: 4 }))
  .map(
    ([tag, words]): ModbusOperation => ({
      ...{ action: "modbus:write", class: "operate", unit, address: tag.address },
      table: tag.table === "coils" ? "coils" : "holding-registers",
      function: tag.table === "coils" ? 15 : 16,
      values: words
        .slice(0, registerCount(tag.type))
        .map((word) => withinTag(modbus, tag.name, word)),
    }),
  );
const other = fc.constantFrom<ModbusOperation>(
  { action: "modbus:identify", class: "observe", unit, function: 17 },
  { action: "modbus:identify", class: "observe", unit, function: 43, readCode: 1, object: 0 },
  { action: "modbus:diagnostic", class: "program", unit, function: 8, subFunction: 0, data: [1] },
  { action: "modbus:diagnostic", class: "program", unit, function: 8, subFunction: 11, data: [0] },
  {
    action: "modbus:file-read",
    class: "observe",
    unit,
    function: 20,
    file: 1,
    record: 0,
    count: 2,
  },
  { action: "modbus:fifo-read", class: "observe", unit, function: 24, pointer: 3 },
);

/** What the tag's own bounds let through: beyond them nobody was ever permitted anything. */
function withinTag({ tags }: ModbusEndpoint, name: string, word: number): number {
  const tag = tags.find((each) => each.name === name);
  if (tag === undefined || tag.type === "bool") return word & 1;
  if (tag.min === undefined || tag.max === undefined) return word & 0xff;
  const [least, most] = [Math.ceil(tag.min / tag.scale), Math.floor(tag.max / tag.scale)];
  return least + (word % (most - least + 1));
}

describe("Modbus", () => {
  test("all that was done is permitted again, at the pace at which it was done", () => {
    const operations = fc.array(fc.oneof(read, writeTag, other), { minLength: 1, maxLength: 60 });
    const pace = fc.integer({ min: 200, max: 90_000 });
    fc.assert(
      fc.property(operations, pace, (all, everyMs) => {
        const seen = over(all, everyMs);
        expect(refused(modbus, learnProfile(modbus, seen, EXACTLY), seen)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("a neighbour, a value outside, another function and a faster hand are refused", () => {
    const speed = modbus.tags.find(({ name }) => name === "P101.SpeedSetpoint");
    if (!speed) throw new Error("no speed");
    const write = (value: number, at = speed.address, code = 6): ModbusOperation => ({
      ...{ action: "modbus:write", class: "operate", unit, table: "holding-registers" },
      ...{ address: at, function: code, values: [value] },
    });
    const seen = over([write(300), write(350), write(325)], 40_000);
    const learned = learnProfile(modbus, seen, EXACTLY);
    expect(learned.rules[0]).toMatchObject({ tags: [speed.name], min: 30, max: 35, times: 2 });
    const no = [
      write(299),
      write(351),
      write(300, speed.address + 1),
      write(300, speed.address, 16),
    ];
    for (const one of no) expect(refused(modbus, learned, over([one]))).toHaveLength(1);
    expect(refused(modbus, learned, over([write(300), write(301), write(302)]))).toHaveLength(1);
  });

  test("what a person had to agree to needs a person again, whatever else was done", () => {
    const speed = modbus.tags.find(({ name }) => name === "P101.SpeedSetpoint");
    const write = (value: number): ModbusOperation => ({
      ...{ action: "modbus:write", class: "operate", unit, table: "holding-registers" },
      ...{ address: speed?.address ?? 0, function: 6, values: [value] },
    });
    const [agreed, free] = over([write(400), write(300)]);
    if (!agreed || !free) throw new Error("nothing was done");
    const learned = learnProfile(modbus, [{ ...agreed, held: true }, free], EXACTLY);
    const matcher = matcherOf(modbus, learned);
    expect(matcher.judge(write(400), ALL, 0)).toMatchObject({ kind: "hold" });
    expect(learned.rules[0]).toMatchObject({ hold: "operate", min: 40, max: 40 });
    expect(learned.rules[0]).not.toHaveProperty("permit");
    expect(learned.notes.join()).toContain("the rule that asks is first");
  });

  test("a margin widens bounds and rates, never beyond the bounds of the tag", () => {
    const speed = modbus.tags.find(({ name }) => name === "P101.SpeedSetpoint");
    const seen = over(
      [200, 490].map((value) => ({
        ...{ action: "modbus:write", class: "operate", unit, table: "holding-registers" },
        ...{ address: speed?.address ?? 0, function: 6, values: [value] },
      })),
    );
    const [rule] = learnProfile(modbus, seen, { margin: 0.2 }).rules;
    expect(rule).toMatchObject({ min: 14.2, max: 50, times: 3 });
  });
});

describe("SSH", () => {
  const ssh = endpointOf("ssh");
  const exec = (command: string) => ({ action: "ssh:exec", class: "configure", command }) as const;
  const file = (action: string, path: string, more = {}) =>
    ({ action, class: "transfer", via: "sftp", path, ...more }) as unknown as Operation;

  test("commands word by word, files by path and size", () => {
    const seen = over([
      exec("show version"),
      { action: "ssh:subsystem", class: "transfer", name: "sftp" } as Operation,
      file("file:list", "/config"),
      file("file:write", "/config/run.cfg", { size: 0 }),
      file("file:write", "/config/run.cfg", { size: 700 }),
      file("file:rename", "/config/run.cfg", { target: "/config/old.cfg" }),
    ]);
    const learned = learnProfile(ssh, seen, EXACTLY);
    expect(refused(ssh, learned, seen)).toEqual([]);
    const no = [
      exec("show version; reload"),
      exec("reload"),
      { action: "ssh:shell", class: "configure", terminal: "xterm" } as Operation,
      file("file:write", "/config/run.cfg", { size: 701 }),
      file("file:write", "/config/other.cfg"),
      file("file:rename", "/config/run.cfg", { target: "/etc/passwd" }),
      file("file:remove", "/config/run.cfg"),
    ];
    for (const one of no)
      expect(refused(ssh, learned, over([one])), JSON.stringify(one)).toHaveLength(1);
  });

  test("many files of a folder are the folder's files; a shell is said to be a shell", () => {
    const logs = Array.from({ length: 9 }, (_, n) => file("file:read", `/logs/${n}.log`));
    const shell = { action: "ssh:shell", class: "configure", terminal: "xterm" } as Operation;
    const learned = learnProfile(ssh, over([...logs, shell]), EXACTLY);
    expect(JSON.stringify(learned.rules)).toContain('"/logs/*"');
    expect(learned.notes.join()).toContain("shell");
  });

  test("a command that a rule cannot name is left out and said so", () => {
    const learned = learnProfile(ssh, over([exec("ls *"), exec("show version")]), EXACTLY);
    expect(learned.rules).toMatchObject([{ commands: ["show version"] }]);
    expect(learned.notes).toHaveLength(1);
  });
});

describe("VNC", () => {
  const vnc = endpointOf("vnc");
  const click = (button: string) => ({ action: "rfb:click", class: "operate", button, x: 1, y: 1 });
  const key = (chord: string) => ({ action: "rfb:key", class: "operate", keysym: 0, chord });

  test("the buttons and keys that were pressed, and texts as long", () => {
    const seen = over([
      { action: "rfb:view", class: "observe" },
      { action: "rfb:pointer", class: "operate" },
      ...[click("left"), key("F5"), key("Ctrl+A")],
      { action: "rfb:clipboard", class: "transfer", direction: "in", length: 12 },
    ] as Operation[]);
    const learned = learnProfile(vnc, seen, EXACTLY);
    expect(refused(vnc, learned, seen)).toEqual([]);
    const no = [
      ...[click("right"), key("Ctrl+Alt+Delete")],
      { action: "rfb:clipboard", class: "transfer", direction: "in", length: 13 },
      { action: "rfb:clipboard", class: "transfer", direction: "out", length: 1 },
    ] as Operation[];
    for (const one of no) expect(refused(vnc, learned, over([one]))).toHaveLength(1);
  });
});

describe("web panels", () => {
  const web = endpointOf("web");
  const request = (path: string, more: object = {}) =>
    ({
      ...{ action: "web:request", class: "operate", method: "GET", path, query: [], form: [] },
      ...{ files: [], contentType: "", size: 0, ...more },
    }) as unknown as Operation;
  const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_.-]{0,8}$/);
  const value = fc.stringMatching(/^[^\p{Cc}*=\s"'#\\]{0,12}$/u);
  const pairs = fc.array(fc.tuple(name, value), { maxLength: 3 });

  test("whatever was sent is permitted again", () => {
    const one = fc
      .record({ path: fc.constantFrom("/", "/a.html", "/pump.cgi"), query: pairs, form: pairs })
      .map(({ form, ...rest }) =>
        request(rest.path, {
          ...{ query: rest.query, form, class: form.length > 0 ? "operate" : "observe" },
          method: form.length > 0 ? "POST" : "GET",
          ...(form.length > 0 && { size: 20, contentType: "application/x-www-form-urlencoded" }),
        }),
      );
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), (all) => {
        const seen = over(all);
        expect(refused(web, learnProfile(web, seen, EXACTLY), seen)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("another path, field, value or method is refused", () => {
    const query = (...given: Pair[]) => ({ query: given });
    const speeds = Array.from({ length: 9 }, (_, n) => request("/set", query(["v", `${20 + n}`])));
    const seen = over([request("/pump", query(["P101", "start"])), ...speeds]);
    const learned = learnProfile(web, seen, EXACTLY);
    expect(refused(web, learned, seen)).toEqual([]);
    const no = [
      request("/pump", query(["P101", "stop"])),
      request("/pump", query(["P101", "start"], ["x", "1"])),
      request("/set", query(["v", "29"])),
      request("/other"),
      request("/pump", { ...query(["P101", "start"]), method: "POST" }),
    ];
    for (const each of no) expect(refused(web, learned, over([each]))).toHaveLength(1);
  });
});

describe("OPC UA", () => {
  const opcua = endpointOf("opcua");
  const [tag] = opcua.nodes.filter(({ min, max }) => min !== undefined && max !== undefined);
  const on = (node: string, more: object) => ({ node, ...more }) as unknown as Operation;
  const write = (value: number, node = tag?.node ?? "") =>
    on(node, {
      ...{ action: "opcua:write", class: "operate", attribute: 13, type: "Double" },
      ...{ value, text: `${value}` },
    });
  const call = (method: string) =>
    on("i=1", { action: "opcua:call", class: "operate", method, arguments: [] });

  test("nodes, values and methods as they were", () => {
    const [least, most] = [tag?.min ?? 0, tag?.max ?? 0];
    const middle = (least + most) / 2;
    const seen = over([
      on("i=2258", { action: "opcua:read", class: "observe", attribute: 13 }),
      { action: "opcua:subscribe", class: "observe", service: "CreateSubscription" } as Operation,
      on("i=85", { action: "opcua:browse", class: "observe" }),
      ...[write(least), write(middle), call("i=77")],
    ]);
    const learned = learnProfile(opcua, seen, EXACTLY);
    expect(refused(opcua, learned, seen)).toEqual([]);
    const no = [write(most), write(middle, "i=99"), call("i=78")];
    for (const one of no) expect(refused(opcua, learned, over([one]))).toHaveLength(1);
  });
});
