/**
 * What sshd runs in the place of its SFTP server: OpenSSH's own, behind something that does at the
 * worst instant what a program at the asset could do at any: before the server sees an OPEN, a link
 * is put in the place of what was looked at.
 *
 *     node exchanging-sftp.ts SFTP_SERVER FOLDER PLACE LINK_TO
 */
import { spawn } from "node:child_process";
import { renameSync, symlinkSync } from "node:fs";

const [server = "", folder = "", place = "", linkTo = ""] = process.argv.slice(2);
const OPEN = 3;
const OPENDIR = 11;

const child = spawn(server, ["-d", folder], { stdio: ["pipe", "inherit", "inherit"] });
child.once("exit", (code) => process.exit(code ?? 1));

let waiting = Buffer.alloc(0);
let isExchanged = false;
process.stdin.on("data", (bytes: Buffer) => {
  waiting = Buffer.concat([waiting, bytes]);
  while (waiting.length >= 5 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
    const end = 4 + waiting.readUInt32BE(0);
    const packet = waiting.subarray(0, end);
    waiting = waiting.subarray(end);
    const type = packet[4] ?? 0;
    if (!isExchanged && (type === OPEN || type === OPENDIR)) exchange();
    child.stdin.write(packet);
  }
});
process.stdin.once("end", () => child.stdin.end());

function exchange(): void {
  isExchanged = true;
  renameSync(place, `${place}.before`);
  symlinkSync(linkTo, place);
}
