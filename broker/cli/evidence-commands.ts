/** The commands about evidence: export, verify, witness, and the site log's key. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { exportSession } from "./export.ts";
import { logKeyText, replaceLog, rotateLogKey } from "./log-key.ts";
import { PolicyUnreadable, runVerify, UNREADABLE } from "./verify.ts";
import { startWitness } from "./witness.ts";

export function addEvidenceCommands(program: Command): void {
  program
    .command("export")
    .description("copy a recording, and the site log's word on it, into a new folder")
    .argument("<session>", "id of the session")
    .requiredOption("--out <folder>", "the folder to make")
    .action(async (session: string, { out }: { out: string }) => {
      const folder = await exportSession(readConfig(process.env), session, out);
      process.stdout.write(
        `${folder}\n\nCheck it with: sallyport verify ${folder} --policy FILE\n`,
      );
    });
  program
    .command("verify")
    .description("prove a bundle offline; ends with 0 only if everything fits")
    .argument("<bundle>", "the folder that `sallyport export` made")
    .requiredOption(
      "--policy <file>",
      "whom you trust: log key, witness keys, quorum (tlog-policy)",
    )
    .option("--json", "one line for programs", false)
    .action((bundle: string, { policy, json }: { policy: string; json: boolean }) =>
      verify(bundle, policy, json),
    );
  addWitness(program);
  addLog(program);
}

async function verify(bundle: string, policy: string, json: boolean): Promise<void> {
  try {
    process.exitCode = await runVerify(bundle, policy, json, process.stdout);
  } catch (error) {
    if (!(error instanceof PolicyUnreadable)) throw error;
    process.stderr.write(`sallyport: ${error.message}\n`);
    process.exitCode = UNREADABLE;
  }
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

function addLog(program: Command): void {
  const log = program.command("log").description("work with the site log");
  log
    .command("key")
    .description("print the key of the site log, for auditors' policies and for witnesses")
    .action(() => void process.stdout.write(logKeyText(readConfig(process.env))));
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
