/** What the console asks about the site log. */
import { queryOptions } from "@tanstack/react-query";
import type {
  LogChoicesView,
  LogConsistencyView,
  LogPageView,
  LogStateView,
} from "../../broker/api/shapes/log.ts";
import { ask } from "./http.ts";

/** Checkpoints come every ten seconds while there is news. */
const STATE_EVERY_MS = 10_000;

export const logStateQuery = queryOptions({
  queryKey: ["log-state"],
  queryFn: () => ask<LogStateView>("GET", "/api/log"),
  refetchInterval: STATE_EVERY_MS,
});

export const logChoicesQuery = queryOptions({
  queryKey: ["log-choices"],
  queryFn: () => ask<LogChoicesView>("GET", "/api/log/choices"),
});

/** Parameters of the list, of which empty ones are left out. */
export type LogFilter = Readonly<Record<string, string>>;

export function logEntries(filter: LogFilter, before: string | undefined): Promise<LogPageView> {
  const search = searchOf(before === undefined ? filter : { ...filter, before });
  return ask("GET", `/api/log/entries?${search}`);
}

export function logEntry(id: string): Promise<LogPageView> {
  return ask("GET", `/api/log/entries/${encodeURIComponent(id)}`);
}

export function logConsistency(log: number, from: number, to: number): Promise<LogConsistencyView> {
  return ask("GET", `/api/log/consistency?log=${log}&from=${from}&to=${to}`);
}

/** Where the browser fetches the filtered entries as a file. */
export function logExportAddress(filter: LogFilter): string {
  return `/api/log/export?${searchOf(filter)}`;
}

function searchOf(filter: LogFilter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== "");
  return new URLSearchParams(given).toString();
}
