import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExportedSite, exportSite } from "../../../test/kit/bundle.ts";
import { type MadeEntry, makeZip } from "../../../test/kit/made-zip.ts";
import { filesOf, random } from "../../../test/kit/mutations.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { runVerify } from "../../cli/verify.ts";
import { BundleUnreadable } from "./bundle-names.ts";
import { openBundle } from "./read-bundle.ts";
import { writeBundle, writeRangeBundle } from "./write-bundle.ts";

let folder = "";
let site: ExportedSite;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sallyport-zip-"));
  site = await exportSite(folder, ["s-1", "s-2"]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verdictOn(bundle: string): Promise<{ code: number; printed: string }> {
  let printed = "";
  const out = { write: (text: string) => (printed += text) };
  return { code: await runVerify({ bundle, policy: site.policyFile }, out), printed };
}

function entriesOf(bundle: string): MadeEntry[] {
  return filesOf(bundle).map((name) => ({ name, data: readFileSync(path.join(bundle, name)) }));
}

function written(zip: Uint8Array): string {
  const file = path.join(temporaryFolder(), "bundle.zip");
  writeFileSync(file, zip);
  return file;
}

test("a bundle is one zip, the same bytes each time, and proves what the folder proves", async () => {
  const [first, second] = [path.join(folder, "a.zip"), path.join(folder, "b.zip")];
  await writeBundle(site.source, "s-1", first);
  await writeBundle(site.source, "s-1", second);
  expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  const { code, printed } = await verdictOn(first);
  expect(printed).toBe((await verdictOn(site.bundles[0] ?? "")).printed);
  expect(code).toBe(0);
  const range = path.join(folder, "range.zip");
  await writeRangeBundle(site.source, { scope: { asset: "plc" } }, range);
  expect((await verdictOn(range)).printed).toContain("sessions 2: 2 whole");
});

test("a folder that another program zipped is proved too", async () => {
  const folders = ["log/", "recordings/", "recordings/s-1/", "recordings/s-1/segments/"];
  const entries = [
    ...folders.map((name) => ({ name, data: new Uint8Array(0), mode: 0o040755 })),
    ...entriesOf(site.bundles[0] ?? "").map((entry) => ({ ...entry, deflate: true })),
  ];
  expect(await verdictOn(written(makeZip(entries)))).toMatchObject({ code: 0 });
});

test("whatever bit of the zip is changed, no other content is proved", async () => {
  const file = path.join(folder, "bits.zip");
  await writeBundle(site.source, "s-1", file);
  const original = readFileSync(file);
  const whole = await contentOf(file);
  for (let number = 0; number < 400; number += 1) {
    const pick = random(number * 104_729);
    const bytes = Buffer.from(original);
    const at = pick(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
    const changed = written(number % 5 === 0 ? bytes.subarray(0, at) : bytes);
    const { code } = await verdictOn(changed);
    if (code === 0) expect(await contentOf(changed), `mutation ${number}`).toEqual(whole);
  }
});

async function contentOf(file: string): Promise<ReadonlyMap<string, string>> {
  const bundle = await openBundle(file);
  const digests = new Map<string, string>();
  for (const name of [...bundle.names].sort()) digests.set(name, await bundle.digest(name));
  await bundle.close();
  return digests;
}

const NULL = new Uint8Array(0);
const BIG = new Uint8Array(80 * 1024 * 1024);

const HOSTILE: readonly [said: string, make: (whole: MadeEntry[]) => Buffer][] = [
  ["relative path", (whole) => makeZip([...whole, { name: "../evil", data: NULL }])],
  ["absolute path", (whole) => makeZip([...whole, { name: "/etc/passwd", data: NULL }])],
  ["absolute path", (whole) => makeZip([...whole, { name: "C:/evil", data: NULL }])],
  ["invalid characters", (whole) => makeZip([...whole, { name: "log\\..\\..\\evil", data: NULL }])],
  ["does not belong", (whole) => makeZip([...whole, { name: "log/\u001b[2J", data: NULL }])],
  ["does not belong", (whole) => makeZip([...whole, { name: "log/01.json", data: NULL }])],
  ["does not belong", (whole) => makeZip([...whole, { name: "else/", data: NULL }])],
  ["is in it twice", (whole) => makeZip([...whole, ...whole.slice(0, 1)])],
  ["is in it twice", (whole) => makeZip([...whole, ...whole.map(inCapitals)])],
  ["is not a plain file", (whole) => makeZip(whole.map((entry) => ({ ...entry, mode: 0o120777 })))],
  ["is not a plain file", (whole) => makeZip(whole.map((entry) => ({ ...entry, mode: 0o010644 })))],
  ["encrypted", (whole) => makeZip(whole.map((one) => ({ ...one, deflate: true, flags: 0x801 })))],
  ["is packed in a way", (whole) => makeZip(whole.map((entry) => ({ ...entry, method: 14 })))],
  ["under two names", (whole) => makeZip(whole.map((one) => ({ ...one, nameInside: "evil" })))],
  ["under two names", (whole) => makeZip(whole.map((one) => ({ ...one, methodInside: 8 })))],
  ["share their bytes", (whole) => makeZip(whole.map((entry) => ({ ...entry, offset: 0 })))],
  ["belong to no file", (whole) => makeZip(whole, { between: Buffer.alloc(100) })],
  ["", (whole) => makeZip(whole, { before: Buffer.alloc(100) })],
  ["extra bytes at the end", (whole) => makeZip(whole, { after: Buffer.from("more") })],
  ["bytes behind its end", (whole) => makeZip(whole, { comment: "psst" })],
  ["", (whole) => makeZip(whole, { count: 60_000 })],
  ["", (whole) => makeZip(whole, { count: 0xffff })],
  ["too large", () => makeZip([{ name: "log/checkpoint", data: BIG, deflate: true }])],
  [
    "unpacks to more than a segment can",
    () => makeZip([{ name: "recordings/s-1/segments/0.seg", data: BIG, deflate: true }]),
  ],
  [
    "cannot be unpacked",
    (whole) =>
      makeZip(whole.map((entry) => ({ ...entry, deflate: true, size: entry.data.length - 1 }))),
  ],
  [
    "too large",
    (whole) => makeZip(whole.map((entry) => ({ ...entry, deflate: true, size: 0xfffffffe }))),
  ],
  ["no bundle.json", () => makeZip([])],
  ["not a zip file", () => Buffer.from("PK nothing")],
  ["not a zip file", () => NULL as Buffer],
];

function inCapitals(entry: MadeEntry): MadeEntry {
  return { ...entry, name: entry.name.replace("s-1", "S-1") };
}

test.each(HOSTILE)("a hostile zip is refused at once: %s", async (said, make) => {
  const file = written(make(entriesOf(site.bundles[0] ?? "")));
  const startMs = performance.now();
  const { code, printed } = await verdictOn(file);
  expect(printed).toContain(said);
  expect(printed).not.toContain("\u001b");
  expect(code).toBe(1);
  // Milliseconds on a quiet machine; a bomb that goes off takes minutes.
  expect(performance.now() - startMs).toBeLessThan(15_000);
});

test("a zip that claims a gigabyte where there are bytes takes no memory for it", async () => {
  const data = Buffer.alloc(100);
  const name = "recordings/s-1/segments/0.seg";
  const file = written(makeZip([{ name, data, deflate: true, size: 0x3fffffff }]));
  await expect(openBundle(file)).rejects.toThrow(BundleUnreadable);
});
