/** One tape of each version of the encoding, as it was written then: it stays readable for ever. */
import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { TapeEncoder } from "./encoder.ts";
import { readSegment } from "./reader.ts";
import type { Header, TapeRecord } from "./record.ts";

const HEADER: Header = {
  version: 1,
  build: "0.1.0",
  session: "s-1",
  site: "nordwasser",
  subject: { id: "p-1", name: "Zoë", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g-1", profile: "tuning", until: 1_767_603_600_000 },
  digests: { profile: "aa", plant: "bb" },
  tags: [
    {
      name: "P101.Speed",
      unitId: 1,
      table: "holding-registers",
      address: 11,
      type: "uint16",
      wordOrder: "big",
      scale: 0.1,
      offset: -40,
      unit: "Hz",
    },
  ],
  startedMs: 1_767_600_000_000,
};

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

const read = {
  action: "modbus:read",
  class: "observe" as const,
  key: 1,
  unit: 1,
  function: 3,
  table: "holding-registers",
  address: 100,
  count: 1,
};
const write = {
  action: "modbus:write",
  class: "operate" as const,
  unit: 1,
  function: 6,
  table: "holding-registers",
  address: 11,
  values: [550],
};
const permitted = { answer: { kind: "permit" as const }, rule: "read all", reason: "" };
const denied = {
  answer: { kind: "deny" as const, refusal: "value" as const },
  rule: "pump speed",
  reason: "55 Hz is above 45 Hz",
};

const BODIES = [
  { kind: "capabilities", classes: ["observe", "operate"], cause: "opened" },
  { kind: "channel", channel: 1, protocol: "modbus", by: "subject", peer: "browser" },
  { kind: "bytes", channel: 1, from: "client", bytes: hex("0001 0000 0006 01 03 0064 0001") },
  { kind: "verdict", channel: 1, decision: 1, items: [{ operation: read, ...permitted }] },
  { kind: "bytes", channel: 1, from: "asset", bytes: hex("0001 0000 0005 01 03 02 0226") },
  { kind: "bytes", channel: 1, from: "client", bytes: hex("0002 0000 0006 01 03 0064 0001") },
  { kind: "verdict", channel: 1, decision: 2, items: [{ operation: read, ...permitted }] },
  { kind: "event", channel: 1, event: { kind: "timeout", request: 2 }, cause: "no answer" },
  { kind: "bytes", channel: 1, from: "client", bytes: hex("0003 0000 0006 01 06 000b 0226") },
  { kind: "verdict", channel: 1, decision: 3, items: [{ operation: write, ...denied }] },
  {
    kind: "event",
    channel: 1,
    event: { kind: "capabilities", capabilities: new Set(["observe"]) },
    cause: "grant ends",
  },
  { kind: "event", channel: 1, event: { kind: "withheld", decision: 3 }, cause: "cut" },
  { kind: "sent", channel: 1, to: "asset", count: 24, sha256: "ab".repeat(32) },
  { kind: "watch", subject: "p-2", joined: true },
  { kind: "gap", fromMs: 1_767_600_001_000, untilMs: 1_767_600_002_500.5, cause: "disk full" },
  { kind: "end", rule: "owner-ended", reason: "Zoë ended the session." },
] as const;

const RECORDS = BODIES.map((body, i) => {
  // A gap in the numbers and a step of the wall clock, each once.
  const sequence = i < 14 ? i : i + 10;
  const wallMs = 1_767_600_000_000 + i * 250 + (i < 12 ? 0 : 3_600_000);
  return { sequence, wallMs, monotonicMs: i * 250.125, ...body };
}) as unknown as readonly TapeRecord[];

const VERSION_1 = `
0053505401ac0301090b010776657273696f6e030101056275696c64060105302e312e30010773657373696f6e060103
732d3101047369746506010a6e6f726477617373657201077375626a656374090301026964060103702d3101046e616d
650601045a6fc3ab0105726f6c65730801060108656e67696e6565720105617373657409030a060103706c630c060103
504c4301047a6f6e6506010974726561746d656e740108656e64706f696e7409020a0601066d6f64627573010870726f
746f636f6c061601056772616e7409030a060103672d31010770726f66696c6506010674756e696e670105756e74696c
0380f589ebb83301076469676573747309021a06010261610105706c616e740601026262010474616773080109090c06
010a503130312e53706565640106756e69744964030101057461626c65060111686f6c64696e672d7265676973746572
73010761646472657373030b01047479706506010675696e7431360109776f72644f7264657206010362696701057363
616c65053fb999999999999a01066f666673657404280104756e6974060102487a0109737461727465644d73038098ae
e9b833090200008098aee9b8330d0b0002000101066f70656e656410098da20f011600010762726f7773657211038da2
0f0100010000000601030064000149078da20f010201000133010b6d6f646275733a726561640601036b657903012d03
01010866756e6374696f6e03032406252603640105636f756e74030101087265616420616c6c010010048da20f010001
00000005010302022611058da20f010001000000000000000000000b078da20f0102010002363712088da20f01010201
096e6f20616e7377657211058da20f01000100000000000300a7022554078da20f010201290028010c6d6f646275733a
7772697465052d030134030624062526030b010676616c756573080103a604010a70756d702073706565640114353520
487a2069732061626f766520343520487a14088da20f01000100010a6772616e7420656e64730c088da20f0102030103
6375740c020c9c99b701b88c8aebb833460a000101184061626162616261626162616261626162616261626162616261
6261626162616261626162616261626162616261626162616261626162616261626162616261620a0c8da20f0103702d
32010c0218b6ddd501ac908aebb8331d0d004279b8d2b8fe80004279b8d2b95c480001096469736b2066756c6c2a0e8d
a20f010b6f776e65722d656e64656401175a6fc3ab20656e646564207468652073657373696f6e2e
`;

test("a tape of version 1 is read as it was written", () => {
  const segment = readSegment(hex(VERSION_1.replaceAll("\n", "")));
  expect(segment).toMatchObject({ kind: "segment", header: HEADER, whole: true });
  const exact = (records: readonly TapeRecord[]) =>
    records.map((record) => ({ ...record, wallMs: Math.round(record.wallMs / 10) }));
  expect(exact(segment.records)).toEqual(exact(RECORDS));
});

test("version 1 is written as it was", () => {
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  for (const one of RECORDS) encoder.append(one.sequence, one.wallMs, one.monotonicMs, one);
  expect(Buffer.from(out.take()).toString("hex")).toBe(VERSION_1.replaceAll("\n", ""));
});
