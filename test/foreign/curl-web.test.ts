/** curl (Debian) against a web panel through the conduit: pages, uploads, what is refused. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect } from "vitest";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { testWith } from "../kit/programs.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { webPlantFile } from "../kit/web-plant.ts";

const test = testWith(["curl"]);
let folder: string;
let panel: Server;
let conduit: ConduitChild;
const asked: string[] = [];

beforeAll(async () => {
  folder = makeFolder();
  panel = createServer((request, response) => {
    const hash = createHash("sha256");
    request.on("data", (bytes: Buffer) => void hash.update(bytes));
    request.on("end", () => {
      asked.push(`${request.method} ${request.url}`);
      response.end(hash.digest("hex"));
    });
  }).listen(0, "127.0.0.1");
  await once(panel, "listening");
  const plant = path.join(folder, "plant.yaml");
  const { port } = panel.address() as AddressInfo;
  const rules = [
    '{ name: look, permit: observe, web: { paths: ["/"] } }',
    '{ name: install, permit: transfer, web: { methods: [POST], paths: [/install], form: ["note=*"] } }',
    '{ name: speed, permit: operate, web: { paths: [/api/pump], json: ["pump.speed=20..45", "tags[]=*"] } }',
  ];
  writeFileSync(plant, webPlantFile({ port, rules }));
  conduit = await startConduit({
    ...{ plant, endpoint: "panel/web", profile: "work" },
    recordings: path.join(folder, "recordings"),
  });
}, 60_000);

afterAll(async () => {
  await conduit?.stop("SIGTERM");
  panel?.close();
  if (folder) removeFolder(folder);
});

/** Not in this turn: the panel is served by it. */
const curl = async (...more: readonly string[]) =>
  (await promisify(execFile)("curl", ["-s", "--max-time", "60", ...more])).stdout;
const at = (target: string) => `http://127.0.0.1:${conduit.port}${target}`;

test("it gets pages and is refused in words what it may not", async () => {
  expect(await curl(at("/"))).toMatch(/^[0-9a-f]{64}$/);
  expect(await curl(at("/other"))).toContain("Rule: default-deny.");
  expect(asked).toEqual(["GET /"]);
}, 60_000);

test("its upload of megabytes, in parts, arrives as it was; a field that no rule names stops it", async () => {
  const file = path.join(folder, "image.bin");
  const bytes = Buffer.alloc(5_000_000, "image ");
  writeFileSync(file, bytes);
  const install = (note: string) => [
    ...["-H", "Expect:", "-F", `${note}=v2`, "-F", `image=@${file};type=application/zip`],
    at("/install"),
  ];
  expect(await curl(...install("note"))).toMatch(/^[0-9a-f]{64}$/);
  expect(await curl(...install("mode"))).toContain("Rule: default-deny.");
  expect(asked.filter((each) => each === "POST /install")).toHaveLength(1);
}, 120_000);

test("what it sends as JSON passes value by value; anything else in it stops it", async () => {
  const sent = (body: string) =>
    curl("-H", "content-type: application/json", "--data-binary", body, at("/api/pump"));
  const passes = '{"pump": {"speed": 3e1}, "tags": ["a", "b"]}';
  expect(await sent(passes)).toBe(createHash("sha256").update(passes).digest("hex"));
  for (const body of [
    ...['{"pump": {"speed": 46}}', '{"pump": {"speed": "30"}}', '{"pump": {"speed": 30}, "on": 1}'],
    ...['{"pump": {"speed": 30, "Speed": 60}}', '{"pump": {"speed": 30}} x', "speed=30"],
  ]) {
    expect(await sent(body), body).toContain("Rule: default-deny.");
  }
  expect(asked.filter((each) => each === "POST /api/pump")).toHaveLength(1);
}, 120_000);
