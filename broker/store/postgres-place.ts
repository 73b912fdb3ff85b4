import type { Socket } from "node:net";

/** Where the database is, and who comes. */
export interface PostgresPlace {
  /** Name or address; or the absolute path of the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined where the server knows the user otherwise (peer, certificate of the machine). */
  readonly password: string | undefined;
  /** Absent: not encrypted, which is for this very machine. */
  readonly tls?: {
    /** PEM, in place of what the machine trusts. */
    readonly ca: readonly string[];
  };
}

/** A socket that leads to the database and is not open yet: its `connect` is called by who uses it. */
export type DatabaseDialer = (place: PostgresPlace) => Promise<Socket>;

/** As a person knows it; never the password. */
export function placeText({ host, port, database }: PostgresPlace): string {
  return host.startsWith("/") ? `${database} at ${host}` : `${database} at ${host}:${port}`;
}
