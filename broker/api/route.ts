/** One line of the table of routes. */
import type { Right } from "../policy/rights.ts";
import type { Endpoint, PublicEndpoint } from "./endpoint.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type Route =
  | {
      readonly method: Method;
      readonly path: string;
      readonly right: "everybody";
      readonly endpoint: PublicEndpoint;
    }
  | {
      readonly method: Method;
      readonly path: string;
      /** `health:view`, or a program on this machine that knows the metrics token. */
      readonly right: "scraper";
      readonly endpoint: PublicEndpoint;
    }
  | {
      readonly method: Method;
      readonly path: string;
      /** A system that manages computers and knows the token for it. */
      readonly right: "reporter";
      readonly endpoint: PublicEndpoint;
    }
  | {
      readonly method: Method;
      readonly path: string;
      /** A system whose signals are taken: the endpoint itself asks which one it is. */
      readonly right: "transmitter";
      readonly endpoint: PublicEndpoint;
    }
  | {
      readonly method: Method;
      readonly path: string;
      /** The identity provider: the endpoint itself looks at its token. */
      readonly right: "provider";
      readonly endpoint: PublicEndpoint;
    }
  | {
      readonly method: Method;
      readonly path: string;
      /** Any of these rights is enough; none named: to be signed in is. */
      readonly right: readonly Right[];
      readonly endpoint: Endpoint;
      /** Also for the `sallyport` command; otherwise for browsers alone. */
      readonly commands?: true;
      /** Also for programs with a token: any of them, or only one for all assets. */
      readonly tokens?: "any" | "all-assets";
    };

type Guarded = Extract<Route, { readonly right: readonly Right[] }>;

/** A route that asks nobody who they are. */
export function open(method: Method, path: string, endpoint: PublicEndpoint): Route {
  return { method, path, right: "everybody", endpoint };
}

/** A route for the program that collects metrics, and for who may see the broker's health. */
export function scraped(path: string, endpoint: PublicEndpoint): Route {
  return { method: "GET", path, right: "scraper", endpoint };
}

/** A route for the system that tells how computers are. */
export function reported(path: string, endpoint: PublicEndpoint): Route {
  return { method: "POST", path, right: "reporter", endpoint };
}

/** A route for systems whose signals are taken. */
export function transmitted(path: string, endpoint: PublicEndpoint): Route {
  return { method: "POST", path, right: "transmitter", endpoint };
}

/** A route for the identity provider that tells who works here. */
export function provided(method: Method, path: string, endpoint: PublicEndpoint): Route {
  return { method, path, right: "provider", endpoint };
}

/** A route for whoever is signed in and holds one of the rights. */
export function guarded(
  method: Method,
  path: string,
  right: Right | readonly Right[] | "signed-in",
  endpoint: Endpoint,
): Guarded {
  return { method, path, right: rightsNeeded(right), endpoint };
}

/** Reached by the command of a person's machine too, with what that person may do. */
export function forCommands(route: Guarded): Guarded {
  return { ...route, commands: true };
}

/** Reached by a program with a token too; it shows, and takes, only what is on the token's assets. */
export function forTokens(route: Guarded): Guarded {
  return { ...route, tokens: "any" };
}

/** The same where what is shown belongs to no asset. */
export function forSiteTokens(route: Guarded): Guarded {
  return { ...route, tokens: "all-assets" };
}

function rightsNeeded(right: Right | readonly Right[] | "signed-in"): readonly Right[] {
  if (right === "signed-in") return [];
  return typeof right === "string" ? [right] : right;
}

export function routeName(route: { readonly method: string; readonly path: string }): string {
  return `${route.method} ${route.path}`;
}
