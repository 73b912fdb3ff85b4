/** The rules of the house that a compiler does not know. When one fails, mend the code. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { longFunctions } from "./kit/long-functions.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
/** Besides the fixed folders: the continuous integration's own. */
const FOLDERS = ["broker", "console", "protocols", "simulators", "deploy", "test", ".ci"];
const VAGUE = /(^|[/-])(utils?|helpers?|common|misc|managers?)([/.-]|$)/;

const files = tracked();
const sources = files.filter((file) => /\.tsx?$/.test(file));

function tracked(): string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  return listed
    .toString()
    .split("\n")
    .filter((file) => file !== "" && existsSync(path.join(ROOT, file)));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

/** Imported paths of this repository's own files, relative to its root, with how they are imported. */
function imports(file: string): { target: string; typeOnly: boolean }[] {
  const found = read(file).matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"(\.{1,2}\/[^"]+)"|\bimport\("(\.{1,2}\/[^"]+)"\)/gm,
  );
  return [...found].map(([, type, target, dynamic]) => ({
    target: path.posix.normalize(
      path.posix.join(path.posix.dirname(file), target ?? dynamic ?? ""),
    ),
    typeOnly: type !== undefined,
  }));
}

/** Of one protocol, or of what is done about findings: parts of the plant's model. */
const PARTS_OF_MODEL = ["opcua", "web", "response"].map((name) => `broker/plant/${name}-model.ts`);

/** What a place may import, besides itself. `broker/` alone stands for its leaves: clock and config. */
const LAYERS: readonly [place: string, may: readonly string[]][] = [
  ["protocols/", []],
  ["broker/policy/", ["protocols/", "broker/plant/model.ts", ...PARTS_OF_MODEL]],
  ["broker/plant/", ["protocols/", "broker/clock.ts"]],
  ["broker/store/", ["protocols/", "broker/clock.ts"]],
  [
    "broker/legs/",
    ["protocols/", "broker/clock.ts", "broker/policy/", "broker/plant/", "broker/store/"],
  ],
  ...["access", "credentials", "evidence", "identity", "trust"].map((noun): [string, string[]] => [
    `broker/${noun}/`,
    [
      "protocols/",
      "broker/clock.ts",
      "broker/config.ts",
      "broker/policy/",
      "broker/plant/",
      "broker/store/",
      "broker/access/",
      "broker/evidence/",
      "broker/identity/",
      "broker/legs/",
    ],
  ]),
  [
    "broker/sessions/",
    [
      "protocols/",
      "broker/clock.ts",
      "broker/config.ts",
      "broker/access/",
      "broker/evidence/",
      "broker/identity/",
      "broker/legs/",
      "broker/policy/",
      "broker/plant/",
      "broker/store/",
    ],
  ],
  ["broker/api/", ["protocols/", "broker/"]],
  ["broker/cli/", ["protocols/", "broker/"]],
  ["broker/", ["protocols/", "broker/"]],
  ["console/", ["protocols/"]],
  ["simulators/", ["protocols/"]],
];

test("the top level holds nothing but the fixed folders", () => {
  const folders = new Set(files.filter((file) => file.includes("/")).map((f) => f.split("/")[0]));
  expect([...folders].filter((folder) => !FOLDERS.includes(folder ?? ""))).toEqual([]);
});

test(`no file is longer than ${FILE_LINES_MAX} lines`, () => {
  const long = sources.filter((file) => read(file).split("\n").length - 1 > FILE_LINES_MAX);
  expect(long).toEqual([]);
});

test(`no function is longer than ${FUNCTION_LINES_MAX} lines`, () => {
  const long = sources
    .filter((file) => !/\.(test|fuzz)\.ts$/.test(file))
    .flatMap((file) => longFunctions(read(file), FUNCTION_LINES_MAX).map((at) => `${file}:${at}`));
  expect(long).toEqual([]);
});

test("names say something", () => {
  expect(files.filter((file) => VAGUE.test(file))).toEqual([]);
  const mixed = sources.filter((file) => !/^[a-z0-9.-]+$/.test(path.posix.basename(file)));
  expect(mixed).toEqual([]);
});

test("imports go one way", () => {
  const wrong = sources
    .filter((file) => !file.startsWith("test/"))
    .flatMap((file) => {
      const layer = LAYERS.find(([place]) => file.startsWith(place));
      if (!layer || /\.test\.ts$/.test(file)) return [];
      return imports(file)
        .filter(({ target, typeOnly }) => !allowed(file, layer, target, typeOnly))
        .map(({ target }) => `${file} -> ${target}`);
    });
  expect(wrong).toEqual([]);
});

function allowed(
  file: string,
  [place, may]: readonly [string, readonly string[]],
  target: string,
  typeOnly: boolean,
): boolean {
  if (target.startsWith(place) && place !== "broker/") return true;
  if (file.startsWith("console/") && typeOnly && target.startsWith("broker/api/")) return true;
  return may.some((prefix) => target.startsWith(prefix));
}

test("nothing in the product imports tests or the simulators", () => {
  const wrong = sources
    .filter((file) => !/^(test|simulators)\//.test(file) && !/\.(test|fuzz)\.ts$/.test(file))
    .filter((file) => imports(file).some(({ target }) => /^(test|simulators)\//.test(target)));
  expect(wrong).toEqual([]);
});

test("no file only passes others on", () => {
  const barrels = sources.filter((file) => {
    const code = read(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const statements = code.split(";").map((statement) => statement.trim());
    const real = statements.filter((statement) => statement !== "");
    return real.length > 0 && real.every((statement) => /^export\s.*\sfrom\s/s.test(statement));
  });
  expect(barrels).toEqual([]);
});

test("no time, chance or timer inside protocols and policy", () => {
  const impure = sources
    .filter(
      (file) => /^(protocols|broker\/policy)\//.test(file) && !/\.(test|fuzz)\.ts$/.test(file),
    )
    .filter((file) =>
      /\b(Date\.now|new Date\b|Math\.random|performance\.|setTimeout|setInterval|setImmediate|crypto\.|process\.)/.test(
        read(file),
      ),
    );
  expect(impure).toEqual([]);
});

test("only legs open connections towards assets", () => {
  const dialling = sources
    .filter((file) => file.startsWith("broker/") && !file.startsWith("broker/legs/"))
    .filter((file) => !/\.test\.ts$/.test(file))
    // Runs on people's own machines, and reaches the broker alone.
    .filter((file) => !file.startsWith("broker/cli/remote/"))
    .filter((file) =>
      /\b(net|tls|http|https)\.(connect|createConnection|request|get)\(|\bfetch\(|new net\.Socket|from "node:(dgram|tls)"/.test(
        read(file),
      ),
    );
  expect(dialling).toEqual([]);
});

test("no error is swallowed and no type is cheated", () => {
  const cheats = sources
    .filter((file) => file !== "test/tidy.test.ts")
    .flatMap((file) =>
      read(file)
        .split("\n")
        .map((line, at) => ({ line: line.replace(/^\s*(\/?\*|\/\/).*/, ""), at: at + 1 }))
        .filter(({ line }) =>
          /@ts-ignore|@ts-expect-error|@ts-nocheck|\bas any\b|: any\b|\b(it|test|describe)\.only\(|^\s*enum\s|^\s*@[A-Z]\w+\(/.test(
            line,
          ),
        )
        .map(({ at }) => `${file}:${at}`),
    );
  expect(cheats).toEqual([]);
});
