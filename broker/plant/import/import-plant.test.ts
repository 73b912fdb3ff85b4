import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePlant } from "../parse-plant.ts";
import { importPlant, type PlantImport } from "./import-plant.ts";
import { CSV_ROWS_MAX, readCsv } from "./read-csv.ts";

const EXAMPLE = readFileSync(
  new URL("../../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

function imported(csv: string, more: Partial<PlantImport> = {}) {
  return importPlant({
    kind: "tags",
    text: EXAMPLE,
    endpoint: "plc-treatment/modbus",
    csv,
    ...more,
  });
}

function plant(text: string) {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(parsed.problems[0]?.message);
  return parsed.plant;
}

const tagOf = (text: string, name: string) =>
  plant(text)
    .assets.flatMap(({ endpoints }) => endpoints)
    .flatMap(({ tags }) => tags)
    .find((tag) => tag.name === name);

test("a sheet as Excel saves it in Europe becomes tags, and all else stays letter by letter", () => {
  const csv =
    "\uFEFFName;Register;Type;Scale;Unit;Min;Max;States;Description\r\n" +
    'P201.Speed;40112;uint16;0,1;Hz;0;50;;"Booster pump; the ""new"" one"\r\n' +
    "P201.Mode;40113;uint16;;;;;0=off;\r\n" +
    ";;;;;;;;\r\n";
  const { text, rows, problems } = imported(csv);
  expect([problems, rows]).toEqual([[], 2]);
  expect(tagOf(text, "P201.Speed")).toMatchObject({
    ...{ address: 111, scale: 0.1, unit: "Hz", min: 0, max: 50 },
    description: 'Booster pump; the "new" one',
  });
  expect(tagOf(text, "P201.Mode")?.states).toEqual([{ value: 0, word: "off" }]);
  const before = EXAMPLE.split("\n");
  const kept = text.split("\n").filter((line) => !line.includes("P201."));
  expect(kept).toEqual(before);
});

test("what is wrong is told by the line of the sheet, and the text stays as it was", () => {
  const csv = "name,register,type,min\nA.One,40120,uint16,zero\nA.Two,40121,uint16,1\n";
  expect(imported(csv)).toMatchObject({
    text: EXAMPLE,
    problems: [{ line: 2, message: '"zero" is no number (min)' }],
  });
  const rules =
    "name,register,type\nA.One,40120,uint16\nP101.Mode,40121,uint16\nA.Three,99,uint16\n";
  const { problems, text } = imported(rules);
  expect(problems.map(({ line }) => line)).toEqual([3, 4]);
  expect(text).toBe(EXAMPLE);
});

test("formulas, unknown columns, spoilt quotes, NUL and a flood are refused", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['name,register,type,description\nA,40120,uint16,"=HYPERLINK(""http://x"")"', /formula/],
    ["name,register,type,description\nA,40120,uint16,@SUM(A1)", /formula/],
    ["name,register,type,description\nA,40120,uint16,+cmd|' /C calc'!A0", /formula/],
    ["name,price\nA,1", /"price" is no column/],
    ["name,name\nA,B", /two columns/],
    ['name,register\n"A,40120', /has no other one/],
    ['name,register\n"A"x,40120', /behind the closing/],
    ["name,register\nA\0,40120", /no text/],
    ["", /empty/],
    ["name,register,type", /no rows/],
    [`name\n${"x\n".repeat(CSV_ROWS_MAX + 1)}`, /more than 10000 rows/],
    [`name\n${"x".repeat(3_000)}`, /more than 2000 characters/],
    [`${"a,".repeat(80)}\n`, /more than 64 columns/],
  ];
  for (const [csv, why] of refused) {
    const { problems, text } = imported(csv);
    expect(problems[0]?.message).toMatch(why);
    expect(text).toBe(EXAMPLE);
  }
});

test("a cell cannot write YAML of its own", () => {
  const csv =
    'name,register,type,description\nA.One,40120,uint16,"x }\n  - { name: B, register: 40130, type: uint16"\n';
  const { text, problems } = imported(csv);
  expect(problems).toEqual([]);
  expect(tagOf(text, "A.One")?.description).toBe("x } - { name: B, register: 40130, type: uint16");
  expect(tagOf(text, "B")).toBeUndefined();
});

test("columns say where, for several endpoints at once; an unknown one is told", () => {
  const head = "asset;endpoint;name;register;type;node\n";
  const rows =
    "plc-distribution;modbus;Z.One;40190;uint16;\nopc-treatment;opcua;Z.Two;;;ns=1;s=Two\n";
  const csv = `${head}${rows.replace("ns=1;s=Two", '"nsu=urn:x;s=Two"')}`;
  const { text, problems } = imported(csv, { endpoint: "" });
  expect(problems).toEqual([]);
  expect(tagOf(text, "Z.One")?.address).toBe(189);
  expect(text).toContain('- { name: Z.Two, node: "nsu=urn:x;s=Two" }');
  const lost = imported("asset,endpoint,name\nnope,modbus,A\n");
  expect(lost.problems).toEqual([{ line: 2, message: "there is no nope/modbus" }]);
  expect(imported("name\nA\n", { endpoint: "" }).problems[0]?.message).toMatch(/say where/);
});

test("assets come with their endpoints, and a known asset gets one more", () => {
  const csv =
    "id,name,zone,vendor,endpoint,protocol,address,units\n" +
    'plc-new,New PLC,treatment,Test,modbus,modbus,10.1.2.3:502,"1 2"\n' +
    "plc-new,,,,web,web,10.1.2.3:80,\n" +
    "plc-distribution,,,,screen,vnc,10.1.2.9:5900,\n";
  const { text, problems } = imported(csv, { kind: "assets" });
  expect(problems.map(({ message }) => message)).toEqual(
    [expect.stringMatching(/sign-in|tls|missing/)].slice(0, problems.length),
  );
  const simple = imported(csv.replace(/.*,web,web,.*\n/, ""), { kind: "assets" });
  expect(simple.problems).toEqual([]);
  const made = plant(simple.text).assets;
  expect(made.at(-1)).toMatchObject({ id: "plc-new", zone: "treatment", vendor: "Test" });
  expect(made.at(-1)?.endpoints[0]).toMatchObject({ units: [1, 2], port: 502 });
  const grown = made.find(({ id }) => id === "plc-distribution");
  expect(grown?.endpoints.map(({ id }) => id)).toContain("screen");
  const tagged = importPlant({
    ...{ kind: "tags", text: simple.text, endpoint: "plc-new/modbus" },
    csv: "name,register,type,unit-id\nN.One,40001,uint16,2\n",
  });
  expect(tagged.problems).toEqual([]);
  expect(tagOf(tagged.text, "N.One")?.unitId).toBe(2);
  expect(text === simple.text).toBe(false);
});

test("any cells whatever come back as they were, quoted", () => {
  const cell = fc.string({ maxLength: 12, unit: fc.constantFrom("a", '"', ";", ",", "\n", " x") });
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }),
      (rows) => {
        const given = rows.map((row) => ["k", ...row]);
        const csv = given
          .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(","))
          .join("\r\n");
        const read = readCsv(`k,k,k,k,k,k\n${csv}`);
        if (read.kind !== "rows") throw new Error(read.problem.message);
        expect(read.rows.slice(1).map(({ cells }) => cells)).toEqual(
          given.map((row) => row.map((each) => each.trim())),
        );
      },
    ),
  );
});
