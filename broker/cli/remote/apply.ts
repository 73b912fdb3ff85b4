/**
 * `sallyport apply`: a plant file of this machine is planned at the broker, shown, and written
 * there once its person has signed exactly that plan in the browser. Nothing changes before.
 */
import { readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { setTimeout as pause } from "node:timers/promises";
import { aroundChanges, lineChanges } from "../../../protocols/text/line-changes.ts";
import { FILE_BYTES_MAX } from "../../plant/plant-limits.ts";
import type { Answer, BrokerClient } from "./broker-client.ts";
import { CommandFailed, EXIT, type ExitCode } from "./exit-codes.ts";
import { type Flags, harmless, jsonLine, type Output } from "./output.ts";

export interface ApplyAsked extends Flags {
  /** `-` for standard input. */
  readonly file: string;
  readonly reason: string;
  /** Does not ask before it asks for the signature. */
  readonly yes?: boolean;
  /** Only shows the plan. */
  readonly dryRun?: boolean;
}

type PlantPlan = Answer<"GET /api/plant-plans/{id}">;

/** A person reads and signs within a quarter of an hour; asked for without a hurry. */
const LOOK_EVERY_MS = 1_500;
const LINES_SHOWN_MAX = 400;

/** @returns the code to end with */
export async function applyPlant(
  client: BrokerClient,
  asked: ApplyAsked,
  out: Output,
): Promise<ExitCode> {
  const text = textOf(asked.file);
  const plan = await client.ask("POST /api/plant-plans", { body: { text } });
  if (!asked.json) out.write(planWords(plan, asked.file));
  if (!plan.valid || plan.same || asked.dryRun) {
    await letGo(client, plan);
    if (asked.json) out.write(jsonLine(planLine(plan)));
    return plan.valid ? EXIT.done : EXIT.failed;
  }
  if (plan.readOnly !== null) {
    await letGo(client, plan);
    const message = `the plant file of the broker cannot be changed from here: ${plan.readOnly}`;
    throw new CommandFailed(EXIT.refused, message, "read-only");
  }
  if (!asked.yes && !(await agreed())) {
    await letGo(client, plan);
    out.write("Nothing was changed.\n");
    return EXIT.failed;
  }
  const url = addressOf(client, plan.id, asked.reason);
  if (asked.json) out.write(jsonLine({ ...planLine(plan), kind: "sign", url }));
  else out.write(`\nSign exactly this plan with your passkey:\n  ${url}\n`);
  const done = await signed(client, plan);
  if (asked.json) out.write(jsonLine({ ...planLine(done), kind: "applied" }));
  else out.write(done.state === "held" ? HELD : IN_FORCE);
  return done.state === "held" ? EXIT.waiting : EXIT.done;
}

const IN_FORCE = "It is in force.\n";
const HELD = "It is written, and waits for another administrator to confirm it.\n";

/** @throws CommandFailed usage */
function textOf(file: string): string {
  try {
    const isLong = file !== "-" && statSync(file).size > FILE_BYTES_MAX;
    // Standard input by its descriptor: its end is the end of the text.
    const bytes = isLong ? undefined : readFileSync(file === "-" ? 0 : file);
    if (bytes && bytes.length <= FILE_BYTES_MAX) {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new CommandFailed(EXIT.usage, `${file} cannot be read: ${UNREADABLE[code] ?? code}`);
  }
  throw new CommandFailed(EXIT.usage, `${file} is larger than ${FILE_BYTES_MAX} bytes`);
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EISDIR: "it is a folder",
  EACCES: "you may not read it",
  ERR_ENCODING_INVALID_ENCODED_DATA: "it is not UTF-8 text",
};

/** The plan's id is what is signed: nothing else can come into force by it. */
function addressOf({ address }: BrokerClient, plan: string, reason: string): string {
  const url = new URL("/plant-file", address.origin);
  url.searchParams.set("plan", plan);
  if (reason !== "") url.searchParams.set("reason", reason);
  return url.href;
}

async function letGo(client: BrokerClient, { id }: PlantPlan): Promise<void> {
  await client.ask("DELETE /api/plant-plans/{id}", { params: { id } }).catch(() => {});
}

/** @throws CommandFailed usage where nobody is there to ask */
async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const message = "nobody is here to agree: give --yes, or --dry-run to see the plan alone";
    throw new CommandFailed(EXIT.usage, message);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question("\nGo on and sign it? [y/N] ")).trim());
  } finally {
    asking.close();
  }
}

/** @throws CommandFailed refused where it was let go of or has expired */
async function signed(client: BrokerClient, { id }: PlantPlan): Promise<PlantPlan> {
  for (;;) {
    await pause(LOOK_EVERY_MS);
    const plan = await client
      .ask("GET /api/plant-plans/{id}", { params: { id } })
      .catch((error: unknown) => {
        if (!(error instanceof CommandFailed) || error.code !== "not-found") throw error;
        const message = "the plan was refused, has expired, or the broker was started anew";
        throw new CommandFailed(EXIT.refused, message, "plan-gone");
      });
    if (plan.state !== "open") return plan;
  }
}

/** Without the texts: whoever asked has the file. */
function planLine({ before: _, after: __, ...plan }: PlantPlan) {
  return { kind: "plan", ...plan };
}

const SIGNS: Readonly<Record<string, string>> = { added: "+", changed: "~", removed: "-" };
const MARKS = { same: " ", added: "+", removed: "-" } as const;

export function planWords(plan: PlantPlan, file: string): string {
  if (!plan.valid) {
    const lines = plan.problems.map((each) => problemLine(file, each));
    return `${lines.join("\n")}\nIt cannot come into force.\n`;
  }
  if (plan.same) return "Nothing would change: that is what is in force.\n";
  const { changes, more, sessions, grants, warnings } = plan;
  const lines = [
    ...changes.map(({ kind, id, change, says }) =>
      `${SIGNS[change] ?? "~"} ${kind} ${id}${says === "" ? "" : `: ${says}`}`.replace(" :", ":"),
    ),
    ...(changes.length === 0 ? ["Only the text is another one: it means the same."] : []),
    ...(more > 0 ? [`and ${more} more changes`] : []),
    ...sessions.map(
      (each) => `! the session of ${each.person} on ${each.endpoint} ends: ${each.why}`,
    ),
    ...grants.map(
      (each) => `! the grant of ${each.subject} to ${each.endpoint} is void: ${each.why}`,
    ),
    ...warnings.map((each) => `? ${problemLine(file, each)}`),
    "",
    ...textLines(plan),
  ];
  return `${lines.map(harmless).join("\n")}\n`;
}

function problemLine(file: string, problem: PlantPlan["problems"][number]): string {
  const { line, column, message } = problem;
  return harmless(line > 0 ? `${file}:${line}:${column} ${message}` : `${file} ${message}`);
}

function textLines({ before, after }: PlantPlan): readonly string[] {
  const lines = aroundChanges(lineChanges(before, after)).map((line) =>
    line ? `  ${MARKS[line.kind]} ${line.text}` : "  …",
  );
  const more = lines.length - LINES_SHOWN_MAX;
  return more > 0 ? [...lines.slice(0, LINES_SHOWN_MAX), `  … ${more} more lines`] : lines;
}
