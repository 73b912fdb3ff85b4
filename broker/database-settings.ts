/** Where the state is kept. Part of `settings.ts`. */
import { z } from "zod";
import { controlAddress } from "./gateway-settings.ts";
import { flag, optionalText, type Setting } from "./setting.ts";

/** As it is configured. */
export interface DatabaseAddress {
  /** Name or address; or the absolute path of the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty where it is in a file, or none is needed. */
  readonly password: string;
  readonly database: string;
}

export const DATABASE_SETTINGS = {
  database: {
    variable: "SALLYPORT_DATABASE",
    fallback: "",
    expects:
      "postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE, or postgres://USER@/DATABASE?host=/FOLDER for a Unix socket",
    description:
      "PostgreSQL database of people, rights, events and settings. Default: <data>/sallyport.db. Recordings and the site log stay in <data>.",
    schema: z
      .string()
      .transform((text) => (text === "" ? "" : addressIn(text)))
      .pipe(
        z.union([z.literal("").transform(() => undefined), z.custom<DatabaseAddress>(Boolean)]),
      ),
    // It may hold the password.
    secret: true,
  },
  databasePasswordFile: optionalText(
    {
      variable: "SALLYPORT_DATABASE_PASSWORD_FILE",
      fallback: "",
      description:
        "File with the password for that database, readable by its owner alone. Default: the one in SALLYPORT_DATABASE.",
    },
    /./,
    "a path",
  ),
  databaseCa: optionalText(
    {
      variable: "SALLYPORT_DATABASE_CA",
      fallback: "",
      description:
        "PEM file of the authority that the database server's certificate must come from. Default: those that this machine trusts. TLS is used for every server that is not on this machine, and with this file for that too.",
    },
    /./,
    "a path",
  ),
  standby: flag({
    variable: "SALLYPORT_STANDBY",
    fallback: "0",
    description:
      "One of several brokers with the same database and the same data folder, on a volume that all of them reach: one is active, the others wait to take over. The same setting on each.",
  }),
  peerAddress: {
    variable: "SALLYPORT_PEER_ADDRESS",
    fallback: "",
    expects: "host:port of this machine, such as 10.1.0.5:7444",
    description:
      "Where the other brokers of SALLYPORT_STANDBY reach this one, each its own address. With it the one that waits leads people and programs on to the active one, so that every broker's address may be used. Default: it leads nobody.",
    schema: z
      .string()
      .refine((text) => text === "" || controlAddress(text) !== undefined)
      // Others are told to come there: "any address" is none.
      .refine((text) => !/^(0\.0\.0\.0|\[::\]):/.test(text))
      .transform((text) => controlAddress(text)),
  },
} as const satisfies Record<string, Setting<unknown>>;

/** One server, one database and somebody who comes; undefined for anything else. */
function addressIn(text: string): DatabaseAddress | undefined {
  // Without a host, as for a Unix socket, it is no URL yet.
  const filled = text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)\//, "$1socket/");
  if (!URL.canParse(filled)) return undefined;
  const { protocol, username, password, hostname, port, pathname, search, hash } = new URL(filled);
  const isOne = /^postgres(ql)?:$/.test(protocol) && /^\/[^/]+$/.test(pathname) && hash === "";
  if (!isOne || username === "") return undefined;
  const who = {
    user: plain(username),
    password: plain(password),
    database: plain(pathname.slice(1)),
  };
  if (filled === text) {
    const host = plain(hostname).replace(/^\[|\]$/g, "");
    const isWhole = host !== "" && search === "";
    return isWhole ? { ...who, host, port: Number(port) || PORT } : undefined;
  }
  const [, folder, at] = /^\?host=(\/[^&]*)(?:&port=(\d{1,5}))?$/.exec(search) ?? [];
  return folder === undefined
    ? undefined
    : { ...who, host: plain(folder), port: Number(at) || PORT };
}

const PORT = 5432;

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
