import { expect, test } from "vitest";
import { toLocalInput } from "../../components/time-words.ts";
import {
  type Fields,
  problemOfEnd,
  problemOfEndpoints,
  problemOfWeek,
  wantedFrom,
} from "./wanted.ts";

const NOW_MS = Date.parse("2026-05-05T10:00:00Z");
const FIELDS: Fields = {
  ...{
    endpoints: ["plc/modbus"],
    sessionsMax: "",
    profile: "tune",
    kind: "duration",
    durationMs: "3600000",
  },
  ...{ from: "", until: "", day: "tue", weekFrom: "08:00", weekUntil: "12:00" },
  ...{ reason: "the pump hums", ticket: " " },
};

test("a duration is sent as one, without what the other kinds ask", () => {
  expect(wantedFrom(FIELDS)).toEqual({
    ...{ endpoints: ["plc/modbus"], profile: "tune", reason: "the pump hums" },
    durationMs: 3_600_000,
  });
});

test("a window has its end, and its beginning where one is given", () => {
  const until = toLocalInput(NOW_MS + 7_200_000);
  const window: Fields = { ...FIELDS, kind: "window", until, ticket: "WO-1" };
  expect(wantedFrom(window)).toMatchObject({ untilMs: NOW_MS + 7_200_000, ticket: "WO-1" });
  expect(wantedFrom(window)).not.toHaveProperty("fromMs");
  const from = toLocalInput(NOW_MS + 3_600_000);
  expect(wantedFrom({ ...window, from })).toMatchObject({ fromMs: NOW_MS + 3_600_000 });
});

test("a weekly window is in the site's time and ends some day", () => {
  const weekly: Fields = { ...FIELDS, kind: "weekly", until: toLocalInput(NOW_MS + 1e9) };
  expect(wantedFrom(weekly)).toMatchObject({
    weekly: [{ day: "tue", from: "08:00", until: "12:00" }],
  });
});

test("an end that is missing, has passed or lies before the beginning is a problem", () => {
  const window: Fields = { ...FIELDS, kind: "window" };
  expect(problemOfEnd(FIELDS, NOW_MS)).toBeNull();
  expect(problemOfEnd(window, NOW_MS)).not.toBeNull();
  expect(problemOfEnd({ ...window, until: toLocalInput(NOW_MS - 60_000) }, NOW_MS)).not.toBeNull();
  const [from, until] = [toLocalInput(NOW_MS + 7_200_000), toLocalInput(NOW_MS + 3_600_000)];
  expect(problemOfEnd({ ...window, from, until }, NOW_MS)).not.toBeNull();
  expect(problemOfWeek({ ...FIELDS, kind: "weekly", weekUntil: "07:00" })).not.toBeNull();
});

test("several endpoints go into one request, each once, with a limit where one is chosen", () => {
  const endpoints = ["plc/modbus", "other/modbus"];
  expect(wantedFrom({ ...FIELDS, endpoints, sessionsMax: "2" })).toMatchObject({
    ...{ endpoints, sessionsMax: 2 },
  });
  expect(wantedFrom(FIELDS)).not.toHaveProperty("sessionsMax");
  expect(problemOfEndpoints(endpoints, 1)).toBeNull();
  expect(problemOfEndpoints(["plc/modbus", "plc/modbus"], 0)).toBeNull();
  expect(problemOfEndpoints(["plc/modbus", "plc/modbus"], 1)).not.toBeNull();
  expect(problemOfEndpoints(["plc/modbus", ""], 1)).not.toBeNull();
});
