/** A real SMTP server for tests; keeps the letters that it took. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";
import { makeAuthority } from "./certificates.ts";
import { temporaryFolder } from "./temporary.ts";

export interface Letter {
  readonly to: readonly string[];
  readonly text: string;
  readonly secure: boolean;
  readonly user: unknown;
}

export interface MailServer {
  readonly port: number;
  readonly letters: Letter[];
  readonly caFile: string;
}

/** A real SMTP server whose certificate a small authority has signed. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const authority = makeAuthority(temporaryFolder());
  const { certificate: cert, key } = authority.issue("mail", "IP:127.0.0.1,DNS:localhost");
  const letters: Letter[] = [];
  const server = new SMTPServer({
    ...{ cert, key, authOptional: true, logger: false },
    onAuth: ({ username, password }, _session, done) =>
      password === "right" ? done(null, { user: username }) : done(new Error("no")),
    onData: (stream, session, done) => {
      let text = "";
      stream.on("data", (bytes: Buffer) => {
        text += bytes.toString();
      });
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        letters.push({
          to,
          text: text.replaceAll("=\r\n", ""),
          secure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (listening.address() as AddressInfo).port, letters, caFile: authority.caFile };
}
