/**
 * Reads what the test runner wrote and says what it means.
 *
 *   node .ci/verdict.ts again RESULTS OUTPUT
 *     prints the files worth a second try, a line each
 *   node .ci/verdict.ts count STATUS RESULTS [SECOND]
 *     prints "N passed, N failed" of both tries, exits 0 or 1; STATUS is how the last one exited
 *
 * A busy machine now and then fails one file in hundreds: a page that was slow, a worker that the
 * system killed. Such a file is run once more, alone, in sight of whoever reads the output. What
 * fails twice has failed, and many failures at once are a finding, not an accident.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

interface Results {
  readonly testResults: readonly TestFile[];
}

/** More than these are no accident. */
const AGAIN_MAX = 4;

/** The runner's words about an error outside the tests of a file. */
const OUTSIDE_TESTS = /originated in "([^"]+)" test file|while running test file (\S+)/g;

const [task, ...words] = process.argv.slice(2);
if (task === "again") again(words[0] ?? "", words[1] ?? "");
else count(Number(words[0]), words.slice(1).map(read));

function read(file: string): Results | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function again(results: string, output: string): void {
  const failed = read(results)?.testResults.filter(({ status }) => status !== "passed") ?? [];
  const said = stripVTControlCharacters(readFileSync(output, "utf8"));
  const outside = [...said.matchAll(OUTSIDE_TESTS)].map((found) => found[1] ?? found[2] ?? "");
  const named = [...failed.map(({ name }) => name), ...outside];
  const files = new Set(named.map((name) => path.relative(process.cwd(), path.resolve(name))));
  if (files.size <= AGAIN_MAX) for (const file of files) console.log(file);
}

/** The second try replaces what the first one said of the same files. */
function count(status: number, [once, twice]: readonly (Results | undefined)[]): void {
  const tried = new Set(twice?.testResults.map(({ name }) => name));
  const told = [
    ...(once?.testResults.filter(({ name }) => !tried.has(name)) ?? []),
    ...(twice?.testResults ?? []),
  ];
  const tests = told.flatMap((file) => file.assertionResults);
  const of = (...statuses: string[]) =>
    tests.filter((each) => statuses.includes(each.status)).length;
  // A file that broke outside its tests, or died before they ended, counts as one failure.
  const broken = told.filter(
    (file) => file.status !== "passed" && !file.assertionResults.some(isFailed),
  ).length;
  const counted = of("failed") + broken;
  const failed = counted === 0 && status !== 0 ? 1 : counted;
  const skipped = of("pending", "skipped", "todo");
  const skippedText = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(`${of("passed")} passed, ${failed} failed${skippedText}`);
  process.exit(failed > 0 ? 1 : 0);
}

function isFailed({ status }: { readonly status: string }): boolean {
  return status === "failed";
}
