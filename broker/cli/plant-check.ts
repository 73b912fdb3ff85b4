/** `sallyport plant check FILE`: says all that is wrong with a plant file before it counts. */
import { parsePlant } from "../plant/parse-plant.ts";
import { readPlantText } from "../plant/plant-file.ts";
import { describeProblem } from "../plant/plant-problem.ts";

/** Where the lines go; `process.stdout` is one. */
export interface TextOutput {
  write(text: string): unknown;
}

/** The file is valid; warnings do not count. */
export const PLANT_VALID = 0;
/** The file is not a valid plant. */
export const PLANT_INVALID = 1;
/** The file cannot be read. */
export const PLANT_UNREADABLE = 2;

/** Prints one line a problem, `file:line:column message`, and a summary. @returns the exit code */
export async function runPlantCheck(path: string, out: TextOutput): Promise<number> {
  const print = (line: string): unknown => out.write(`${line}\n`);
  const read = await readPlantText(path);
  if (read.kind !== "text") {
    const reason = read.kind === "moving" ? "it is being written; try again" : read.reason;
    print(`${path} cannot be read: ${reason}`);
    return PLANT_UNREADABLE;
  }
  const parsed = parsePlant(read.text, path);
  if (parsed.kind === "invalid") {
    for (const problem of parsed.problems) print(describeProblem(path, problem));
    print(`${path} is not valid: ${counted(parsed.problems.length, "problem")}`);
    return PLANT_INVALID;
  }
  for (const warning of parsed.warnings) print(`${describeProblem(path, warning)} [warning]`);
  const { assets, profiles, grants } = parsed.plant;
  const endpoints = assets.flatMap((asset) => asset.endpoints);
  const tags = endpoints.flatMap((endpoint): readonly object[] =>
    endpoint.protocol === "opcua" ? endpoint.nodes : endpoint.tags,
  );
  const parts = [
    counted(assets.length, "asset"),
    counted(tags.length, "tag"),
    counted(profiles.length, "profile"),
    counted(grants.length, "grant"),
    counted(parsed.warnings.length, "warning"),
  ];
  print(`${path} is valid: ${parts.join(", ")}`);
  return PLANT_VALID;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
