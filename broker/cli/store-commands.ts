/** Adds `sallyport store` to the command. */
import type { Command } from "commander";
import { systemClock } from "../clock.ts";
import { readConfig } from "../config.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { moveToPostgres } from "../store-move.ts";

export function addStoreCommands(program: Command): void {
  program
    .command("store")
    .description("where the state of the site is kept")
    .command("move")
    .description("with the broker stopped: from the data folder into SALLYPORT_DATABASE")
    .action(async () => {
      process.umask(0o077);
      process.stdout.write(`${await move()}\n`);
    });
}

async function move(): Promise<string> {
  const config = readConfig(process.env);
  prepareDataFolder(config.dataFolder);
  const copied = await moveToPostgres(config, systemClock);
  const width = Math.max(...copied.map(({ table }) => table.length));
  return [
    ...copied
      .filter(({ rows }) => rows > 0)
      .map(({ table, rows }) => `${table.padEnd(width)}  ${rows}`),
    "Every row was read again and compared. The broker now starts with SALLYPORT_DATABASE alone;",
    "the embedded database is kept beside it as sallyport.db.moved. This was noted as an alarm.",
  ].join("\n");
}
