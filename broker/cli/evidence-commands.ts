/** The commands about evidence: export, verify, witness, and the site log's key. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { type ExportAsked, exportBundle } from "./export.ts";
import { exportAs } from "./export-as.ts";
import { logKeyText, replaceLog, rotateLogKey } from "./log-key.ts";
import { exportRemote, type VerifyFlags, verifyAny } from "./remote/evidence-command.ts";
import { type SignerSettings, startSigner } from "./signer.ts";
import { wholeProver } from "./verify.ts";
import { startWitness } from "./witness.ts";

export function addEvidenceCommands(program: Command): void {
  addExport(program);
  addVerify(program);
  addWitness(program);
  addSigner(program);
  addLog(program);
}

interface ExportFlags extends Omit<ExportAsked, "session"> {
  readonly as?: string;
  readonly har?: true;
  readonly broker?: string;
  readonly json?: boolean;
}

function addExport(program: Command): void {
  program
    .command("export")
    .description("copy a recording, or all of a range, and the site log's word on them")
    .argument("[session]", "id of one session; without it, a range")
    .option("--since <time>", "sessions that began at this time or later, for example 2026-01-05")
    .option("--until <time>", "sessions that began before this time")
    .option("--asset <id>", "sessions on this asset")
    .option("--person <id>", "sessions of this person")
    .option("--out <file>", "the zip file to make, or a folder if the name does not end with .zip")
    .option("--visit <session>", "all sessions of the visit that this one belongs to")
    .option(
      "--as <format>",
      "one session as other tools read it instead: pcapng, csv, ndjson, cast, cast3 (asciicast) or har",
    )
    .option("--har", "short for --as har: the pages of a session on a web panel")
    .option(
      "--broker <address>",
      "one session, from a broker that you are signed in at; as where no recordings are here",
    )
    .option("--json", "from a broker: JSON, for programs")
    .action(async (session: string | undefined, flags: ExportFlags) => {
      process.umask(0o077);
      const config = readConfig(process.env);
      const { har, as = har && "har", broker, json, ...asked } = flags;
      if (session !== undefined && isElsewhere(config, broker)) {
        const from = { ...(broker !== undefined && { broker }), ...(json && { json }) };
        await exportRemote(session, { ...from, as, out: asked.out });
        return;
      }
      const told =
        as === undefined
          ? await exportBundle(config, { session, ...asked })
          : await exportAs(config, { session, as, out: asked.out });
      process.stdout.write(told);
    });
}

/** On a machine where no broker records, what is asked for is at the one that is signed in at. */
function isElsewhere({ evidenceFolder }: Config, broker: string | undefined): boolean {
  return broker !== undefined || !existsSync(path.join(evidenceFolder, "recordings"));
}

function addVerify(program: Command): void {
  program
    .command("verify")
    .description("prove a bundle offline: 0 proved, 1 refused, 2 the policy or key cannot be read")
    .argument(
      "<bundle>",
      "the zip file or folder that `sallyport export` made, or the id of a session to take now",
    )
    .requiredOption(
      "--policy <file>",
      "whom you trust: log key, witness keys, quorum (tlog-policy)",
    )
    .option("--key <file>", "key of the recordings: runs their guards again and compares")
    .option("--broker <address>", "for the id of a session; without it the one last signed in at")
    .option("--json", "one line for programs", false)
    .action(async (what: string, flags: VerifyFlags) => {
      process.exitCode = await verifyAny(what, flags, wholeProver());
    });
}

interface WitnessFlags {
  readonly data: string;
  readonly name: string;
  readonly listen: string;
  readonly port: string;
  readonly log: readonly string[];
}

function addWitness(program: Command): void {
  program
    .command("witness")
    .description("watch site logs from this machine, and cosign what only grows; Ctrl-C stops it")
    .requiredOption("--name <name>", "name of its key, for example w1.example/north")
    .requiredOption(
      "--log <key...>",
      "keys of the logs to watch, as `sallyport log key` prints them",
    )
    .option("--data <folder>", "where it keeps its key and what it has seen", "witness")
    .option("--listen <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on", "7490")
    .action(async ({ port, log, ...flags }: WitnessFlags) => {
      process.umask(0o077);
      const settings = { ...flags, logs: log, port: Number(port) };
      const warn = (line: string) => void process.stderr.write(`sallyport witness: ${line}\n`);
      const witness = await startWitness(settings, warn);
      process.stdout.write(`listening on ${witness.address}\n\n${witness.policyLine}\n`);
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => void witness.close());
      }
    });
}

function addSigner(program: Command): void {
  program
    .command("signer")
    .description("as a user of its own: keep the site log's key and sign for a broker here")
    .requiredOption("--name <name>", "name of the site's logs: what stands before /log/1")
    .requiredOption("--socket <path>", "socket to make, in a folder that only this user writes to")
    .option("--data <folder>", "where it keeps its keys and what it has signed", "signer")
    .option("--group <name>", "a group that may connect besides this user: the broker's")
    .option("--pkcs11-module <file>", "library of a token that holds the keys instead")
    .option("--token <label>", "label of the token")
    .option("--pin-file <file>", "file with its PIN, of this user alone")
    .action(async (flags: SignerSettings) => {
      process.umask(0o077);
      const signer = await startSigner(flags);
      process.stdout.write(`listening on ${flags.socket}\n`);
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => void signer.close());
      }
    });
}

function addLog(program: Command): void {
  const log = program.command("log").description("work with the site log");
  log
    .command("key")
    .description("print the key of the site log, for auditors' policies and for witnesses")
    .action(async () => void process.stdout.write(await logKeyText(readConfig(process.env))));
  log
    .command("rotate")
    .description("with the broker stopped: begin a new log under a new key")
    .action(async () => {
      process.stdout.write(`${await rotateLogKey(readConfig(process.env))}\n`);
    });
  log
    .command("replace")
    .description("with the broker stopped: begin a new log beside one that is refused")
    .requiredOption("--reason <text>", "what was found out; it stands in the new log for good")
    .action(async ({ reason }: { reason: string }) => {
      process.stdout.write(`${await replaceLog(readConfig(process.env), reason)}\n`);
    });
}
