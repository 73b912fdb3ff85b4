/** Adds `sallyport backup` and `restore` to the command. */
import { rmSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import {
  mustBeEmpty,
  type OpenedBackup,
  openBackup,
  putInPlace,
  readIdentity,
} from "../backup/read-backup.ts";
import { writeBackup } from "../backup/write-backup.ts";
import { systemClock } from "../clock.ts";
import { readConfig } from "../config.ts";
import { readVersion } from "../version.ts";

interface BackupFlags {
  readonly to: readonly string[];
  readonly recordings: boolean;
}

export function addBackupCommands(program: Command): void {
  program
    .command("backup")
    .description("broker running or not: database, site log, keys, plant, policies, recordings")
    .argument("<file>", "the file to make, such as site.backup")
    .requiredOption("--to <recipient...>", "age1…: who can open it; keep that key elsewhere")
    .option("--no-recordings", "leave the recordings out, where their volume is kept otherwise")
    .action(async (file: string, flags: BackupFlags) => {
      process.umask(0o077);
      process.stdout.write(`${await backup(path.resolve(file), flags)}\n`);
    });
  program
    .command("restore")
    .description("check a backup whole; with the data folder empty, put the site back to it")
    .argument("<file>", "what `sallyport backup` made")
    .requiredOption("--identity <file>", "age key file of one of its recipients")
    .option("--check", "only check it, and put nothing in place", false)
    .action(async (file: string, flags: { identity: string; check: boolean }) => {
      process.umask(0o077);
      process.stdout.write(`${await restore(path.resolve(file), flags)}\n`);
    });
}

async function backup(out: string, { to, recordings }: BackupFlags): Promise<string> {
  const version = readVersion();
  const asked = { out, to, recordings, version };
  const made = await writeBackup(readConfig(process.env), asked, systemClock);
  const { files, openSessions } = made.manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `${out}`,
    `${files.length} files, ${bytes} bytes, encrypted to ${counted(to.length, "recipient")}; database and site log were checked`,
    ...(openSessions.length > 0
      ? [`still open, for the next backup: ${counted(openSessions.length, "recording")}`]
      : []),
    "Try it now, where the key is: sallyport restore --check FILE --identity KEY",
  ].join("\n");
}

async function restore(
  file: string,
  { identity, check }: { readonly identity: string; readonly check: boolean },
): Promise<string> {
  const config = readConfig(process.env);
  if (!check) mustBeEmpty(config.dataFolder, "the data folder");
  const folder = `${config.dataFolder}.restoring`;
  rmSync(folder, { recursive: true, force: true });
  const opened = await openBackup(file, readIdentity(identity), folder);
  try {
    if (check) return `It is whole.\n${toldOf(opened)}`;
    const who = `${userInfo().username} on this machine`;
    await putInPlace(config, opened, who, systemClock);
    return `Restored to ${config.dataFolder}.\n${toldOf(opened)}\nThis was noted as an alarm. A witness of the site log will say that it went back, if it had seen more.`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function toldOf({ manifest, recordings }: OpenedBackup): string {
  const { files, openSessions, madeMs, checkpoint } = manifest;
  const [origin = "no log", size = "0"] = checkpoint.split("\n");
  return [
    `made ${new Date(madeMs).toISOString()} by release ${manifest.version}, ${files.length} files`,
    `site log ${origin} with ${size} entries, every one checked against its signed checkpoint`,
    manifest.recordings
      ? `${counted(recordings.closed, "recording")} as the log has them, ${openSessions.length} open then, ${recordings.missing.length} missing`
      : "without recordings",
    ...recordings.missing.map((session) => `missing: ${session}`),
  ].join("\n");
}
