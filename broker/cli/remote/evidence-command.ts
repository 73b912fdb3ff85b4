/** `sallyport export` and `verify` on a machine of one's own: the broker is asked, nothing of it believed. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { isSessionId } from "../../evidence/session-id.ts";
import {
  PolicyUnreadable,
  type Prover,
  proveBundle,
  readPolicy,
  UNREADABLE,
  type VerifyAsked,
} from "../prove-bundle.ts";
import { ROUTES } from "./api/routes.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { download, exportOver } from "./export-over.ts";
import { Home } from "./home.ts";
import type { Flags } from "./output.ts";
import { connected, examples, remote } from "./remote-commands.ts";

const FORMATS = ROUTES["GET /api/recordings/{id}/export"].query.shape.format.options;

export interface ExportFlags extends Flags {
  readonly as?: string | undefined;
  readonly out?: string | undefined;
}

export interface VerifyFlags extends Omit<VerifyAsked, "bundle" | "session"> {
  readonly broker?: string;
}

/** @param build of this program */
export function addRemoteEvidence(program: Command, build: string): void {
  remote(
    program.command("export"),
    "take a recording, and the site log's word on it, from the broker",
  )
    .argument("<session>", "its id, as `sallyport recordings` shows it")
    .option("--as <format>", `as other tools read it instead: ${FORMATS.join(", ")}`)
    .option("--out <file>", "the file to make")
    .addHelpText(
      "after",
      examples(
        "sallyport export SESSION",
        "sallyport export SESSION --as pcapng --out wire.pcapng",
      ),
    )
    .action((session: string, flags: ExportFlags) => exportRemote(session, flags));
  remote(
    program.command("verify"),
    "prove a recording offline: 0 proved, 1 refused, 2 the policy cannot be read",
  )
    .argument("<bundle>", "a file of `sallyport export`, or the id of a session to take now")
    .requiredOption(
      "--policy <file>",
      "whom you trust: log key, witness keys, quorum (tlog-policy)",
    )
    .addHelpText("after", examples("sallyport verify SESSION --policy site.policy"))
    .action(async (what: string, flags: VerifyFlags) => {
      // The guards run again only where all of the package is.
      process.exitCode = await verifyAny(what, flags, { build });
    });
}

export async function exportRemote(session: string, flags: ExportFlags): Promise<void> {
  const { as, out, ...others } = flags;
  const format = FORMATS.find((each) => each === as);
  if (as !== undefined && format === undefined) {
    throw new CommandFailed(EXIT.usage, `--as is one of ${FORMATS.join(", ")}`, "usage");
  }
  const { client } = connected(new Home(process.env), others);
  await exportOver(client, { ...others, session, as: format, out }, process.stdout);
}

/** A file that is here, or what the broker has of a session. @returns the exit code */
export async function verifyAny(what: string, flags: VerifyFlags, prover: Prover): Promise<number> {
  try {
    if (existsSync(what) || !isSessionId(what)) {
      return await proveBundle({ ...flags, bundle: what }, prover, process.stdout);
    }
    return await verifyRemote(what, flags, prover);
  } catch (error) {
    if (!(error instanceof PolicyUnreadable)) throw error;
    process.stderr.write(`sallyport: ${error.message}\n`);
    return UNREADABLE;
  }
}

async function verifyRemote(session: string, flags: VerifyFlags, prover: Prover): Promise<number> {
  // Before anything is fetched: without it nothing can be proved.
  readPolicy(flags.policy);
  const { broker, ...asked } = flags;
  const { client } = connected(new Home(process.env), broker === undefined ? {} : { broker });
  const folder = mkdtempSync(path.join(tmpdir(), "sallyport-bundle-"));
  try {
    const bundle = path.join(folder, `${session}.zip`);
    await download(client, { session }, bundle);
    return await proveBundle({ ...asked, bundle, session }, prover, process.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
