import { expect, test } from "vitest";
import type { Capabilities } from "../../protocols/guard.ts";
import type { RequestOperation, WebOperation } from "../../protocols/http/operation.ts";
import type { Rule } from "../plant/model.ts";
import type { WebMatch } from "../plant/web-model.ts";
import { BoundedRateLedger } from "./rate-ledger.ts";
import { WebMatcher } from "./web-matcher.ts";

const LOOKING: Capabilities = new Set(["observe"]);
const WORKING: Capabilities = new Set(["observe", "operate"]);

type Given = Omit<WebMatch, "protocol">;

function rule(name: string, verdict: Rule["verdict"], class_: "observe" | "operate", own?: Given) {
  const match = { classes: [class_], ...(own && { own: { protocol: "web", ...own } as const }) };
  return { name, verdict, match, limits: {} } satisfies Rule;
}

function matcher(...rules: readonly Rule[]) {
  const profile = {
    ...({ id: "web", description: "", onRecorderFailure: "freeze", rules } as const),
  };
  return new WebMatcher({ profile, subject: "p", ledger: { take: () => true } });
}

function request(target: string, more: Partial<RequestOperation> = {}): RequestOperation {
  const [path = "", query] = target.split("?");
  const pairs = (query ?? "").split("&").filter((each) => each !== "");
  return {
    ...{ action: "web:request", class: "operate", method: "GET", path, form: [], files: [] },
    query: pairs.map((pair) => [pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""] as const),
    ...{ contentType: "", size: 0, ...more },
  };
}

function decide(from: WebMatcher, operation: WebOperation, capabilities = WORKING) {
  const classed = from.classed(operation);
  const decision = from.judge(classed, capabilities, 0);
  return [decision.kind, decision.rule, classed.class].join(" ");
}

const look = rule("look", "permit", "observe", { paths: ["/", "/trend/*"], query: ["page=1"] });

test("only what a rule names is looking; everything else counts as operating", () => {
  const web = matcher(look);
  expect(decide(web, request("/"), LOOKING)).toBe("permit look observe");
  expect(decide(web, request("/trend/a?page=1"), LOOKING)).toBe("permit look observe");
  expect(decide(web, request("/other"), LOOKING)).toBe("deny capabilities operate");
});

test("a field that no rule names makes a request another one: a pump is started by GET", () => {
  const web = matcher(look);
  expect(decide(web, request("/?start=1"))).toBe("deny default-deny operate");
  expect(decide(web, request("/trend/a?page=1&start=1"))).toBe("deny default-deny operate");
  expect(decide(web, request("/trend/a?page=2"))).toBe("deny default-deny operate");
});

test("looking by a method that can change is only what a rule names so", () => {
  expect(decide(matcher(look), request("/", { method: "PUT" }))).toBe("deny default-deny operate");
});

test("a rule about everything of a class names nothing as looking", () => {
  const web = matcher(rule("read all", "permit", "observe"));
  expect(decide(web, request("/"))).toBe("deny default-deny operate");
});

test("fields of a form are held to their bounds, each of them", () => {
  const web = matcher(
    rule("speed", "permit", "operate", {
      ...{ methods: ["POST"], paths: ["/set"], form: ["speed=20..45"] },
    }),
  );
  const set = (...form: [string, string][]) =>
    request("/set", { method: "POST", form, contentType: "application/x-www-form-urlencoded" });
  expect(decide(web, set(["speed", "30"]))).toBe("permit speed operate");
  expect(decide(web, set(["speed", "46"]))).toBe("deny default-deny operate");
  expect(decide(web, set(["speed", "3e1"]))).toBe("deny default-deny operate");
  expect(decide(web, set(["speed", "30"], ["speed", "99"]))).toBe("deny default-deny operate");
  expect(decide(web, set(["speed", "30"], ["unlock", "1"]))).toBe("deny default-deny operate");
});

test("a body that is no form needs a rule that names its type", () => {
  const named = rule("json", "permit", "operate", {
    ...{ paths: ["/api"], methods: ["POST"], contentTypes: ["application/json"] },
  });
  const json = request("/api", { method: "POST", contentType: "application/json", size: 9 });
  expect(decide(matcher(named), json)).toBe("permit json operate");
  const plain = rule("api", "permit", "operate", { paths: ["/api"] });
  expect(decide(matcher(plain), json)).toBe("deny default-deny operate");
});

test("a denial meets a path in every spelling of its letters, whatever fields it carries", () => {
  const web = matcher(
    rule("no admin", "deny", "operate", { paths: ["/admin/**"] }),
    rule("rest", "permit", "operate", { paths: ["/**"], query: ["*"] }),
  );
  expect(decide(web, request("/Admin/reset?now=1"))).toBe("deny no admin operate");
  expect(decide(web, request("/pump?start=1"))).toBe("permit rest operate");
});

test("a path of nearly nothing but dots is judged at once", () => {
  const denial = rule("no", "deny", "operate", { paths: ["/admin/**"] });
  const web = matcher(denial, rule("all", "permit", "operate"));
  const dots = ".".repeat(2_000_000);
  expect(decide(web, request(`/a${dots}b`))).toBe("permit all operate");
  expect(decide(web, request(`/admin${dots}/x`))).toBe("deny no operate");
});

test("a denial before it keeps what is named from being looked at", () => {
  const web = matcher(
    {
      ...rule("secret", "deny", "observe", { paths: ["/trend/x"] }),
      match: {
        own: { protocol: "web", paths: ["/trend/x"] },
      },
    },
    look,
  );
  expect(decide(web, request("/trend/x?page=1"))).toBe("deny secret operate");
});

test("sockets, messages and files each need a rule of their own", () => {
  const web = matcher(
    rule("live", "permit", "observe", { actions: ["web:socket"], paths: ["/live"] }),
    rule("say", "permit", "operate", {
      ...{ actions: ["web:message"], paths: ["/live"], messages: ["watch *"] },
    }),
  );
  const socket = { action: "web:socket", class: "operate", path: "/live", query: [] } as const;
  const message = (text: string) =>
    ({ action: "web:message", class: "operate", path: "/live", text, size: 1 }) as const;
  expect(decide(web, socket, LOOKING)).toBe("permit live observe");
  expect(decide(web, message("watch pump"))).toBe("permit say operate");
  expect(decide(web, message("start pump"))).toBe("deny default-deny operate");
  expect(decide(web, message("watch pump"), LOOKING)).toBe("deny capabilities operate");
  expect(decide(web, request("/live"))).toBe("deny default-deny operate");
});

test("more bytes than a rule permits are refused in its name", () => {
  const web = matcher(
    rule("note", "permit", "operate", { paths: ["/n"], form: ["*"], sizeMax: 5 }),
  );
  expect(decide(web, request("/n", { method: "POST", size: 6 }))).toBe("deny note operate");
});

const SENDING: Capabilities = new Set(["transfer"]);
const announced = (size: number, path = "/image"): WebOperation => ({
  ...{ action: "web:upload", class: "transfer", method: "POST", path, query: [] },
  ...{ contentType: "multipart/form-data", size },
});
const uploaded = (form: readonly (readonly [string, string])[], size = 10): WebOperation => ({
  ...{ action: "web:uploaded", class: "transfer", method: "POST", path: "/image", query: [], form },
  ...{ files: [], contentType: "multipart/form-data", size, digest: "0" },
});
const sends = (name: string, verdict: Rule["verdict"], own: Given): Rule => ({
  ...rule(name, verdict, "observe", { methods: ["POST"], paths: ["/image"], ...own }),
  match: {
    classes: ["transfer"],
    own: { protocol: "web", methods: ["POST"], paths: ["/image"], ...own },
  },
});

test("an upload may begin where some rule could cover it, within that rule's size", () => {
  const web = matcher(
    sends("small", "permit", { sizeMax: 10 }),
    sends("notes", "permit", { form: ["note=*"], sizeMax: 100 }),
  );
  expect(decide(web, announced(10), SENDING)).toBe("permit small transfer");
  expect(decide(web, announced(50), SENDING)).toBe("permit notes transfer");
  expect(decide(web, announced(101), SENDING)).toBe("deny small transfer");
  expect(decide(web, announced(1, "/other"), SENDING)).toBe("deny default-deny transfer");
  expect(decide(web, uploaded([["note", "x"]]), SENDING)).toBe("permit notes transfer");
  expect(decide(web, uploaded([["mode", "x"]]), SENDING)).toBe("deny default-deny transfer");
});

test("an upload is held before it begins where any rule could hold it, and not again at its end", () => {
  const web = matcher(
    sends("dry", "permit", { form: ["mode=dry"] }),
    sends("flash", "hold", { form: ["mode=flash"] }),
  );
  expect(decide(web, announced(10), SENDING)).toBe("hold flash transfer");
  expect(decide(web, uploaded([["mode", "flash"]]), SENDING)).toBe("permit flash transfer");
  expect(decide(web, uploaded([["mode", "dry"]]), SENDING)).toBe("permit dry transfer");
});

test("an upload that a rule denies whatever its fields never begins; by a field, at its end", () => {
  const all = sends("all", "permit", { form: ["*"] });
  expect(decide(matcher(sends("never", "deny", {}), all), announced(1), SENDING)).toBe(
    "deny never transfer",
  );
  const web = matcher(sends("no force", "deny", { form: ["force=*"] }), all);
  expect(decide(web, announced(1), SENDING)).toBe("permit all transfer");
  expect(decide(web, uploaded([["force", "1"]]), SENDING)).toBe("deny no force transfer");
});

test("a denial is not dodged by what Windows leaves off a name", () => {
  const web = matcher(
    rule("admin", "deny", "operate", { paths: ["/admin/**", "/reset"] }),
    rule("all", "permit", "operate", { paths: ["/**"] }),
  );
  for (const path of ["/admin/x", "/Admin/x", "/admin./x", "/reset.", "/reset ", "/RESET..."]) {
    expect(decide(web, request(path))).toBe("deny admin operate");
  }
});

const JSON_BODY = { method: "POST", contentType: "application/json", size: 10 } as const;

test("a body of JSON is permitted value by value, and only where all of them are named", () => {
  const web = matcher(
    rule("speed", "permit", "operate", {
      paths: ["/api/pump"],
      json: ["pump.speed=20..45", "id=*"],
    }),
  );
  const send = (...json: readonly (readonly [string, string])[]) =>
    decide(web, request("/api/pump", { ...JSON_BODY, json }));
  expect(send(["pump.speed", "30"], ["id", "7"])).toBe("permit speed operate");
  expect(send(["pump.speed", "46"])).toBe("deny default-deny operate");
  expect(send(["pump.speed", '"30"'])).toBe("deny default-deny operate");
  expect(send(["pump.speed", "30"], ["force", "true"])).toBe("deny default-deny operate");
  expect(decide(web, request("/api/pump", { ...JSON_BODY, unread: true }))).toBe(
    "deny default-deny operate",
  );
  const form = { ...JSON_BODY, contentType: "application/x-www-form-urlencoded" };
  expect(decide(web, request("/api/pump", form))).toBe("deny default-deny operate");
});

test("a body that says to be JSON and is none passes no rule of that type, but one of every type", () => {
  const typed = matcher(rule("any", "permit", "operate", { contentTypes: ["application/json"] }));
  const every = matcher(rule("any", "permit", "operate", { contentTypes: ["*"] }));
  const json = request("/", { ...JSON_BODY, json: [["a", "1"]] });
  const none = request("/", { ...JSON_BODY, unread: true });
  // On older tapes bodies were not read: they are judged as they were.
  const older = request("/", JSON_BODY);
  expect([json, none, older].map((each) => decide(typed, each).split(" ")[0])).toEqual([
    ...["permit", "deny", "permit"],
  ]);
  expect(decide(every, none)).toBe("permit any operate");
});

test("a denial of a value finds it, and whatever might hide it", () => {
  const web = matcher(
    rule("no dosing", "deny", "operate", { json: ["dose=*"] }),
    rule("all", "permit", "operate", { contentTypes: ["*"] }),
  );
  const send = (more: Partial<RequestOperation>) =>
    decide(web, request("/", { ...JSON_BODY, ...more }));
  expect(send({ json: [["speed", "30"]] })).toBe("permit all operate");
  expect(
    send({
      json: [
        ["speed", "30"],
        ["dose", "2"],
      ],
    }),
  ).toBe("deny no dosing operate");
  expect(send({ unread: true })).toBe("deny no dosing operate");
  expect(send({ contentType: "text/plain" })).toBe("deny no dosing operate");
  expect(send({ contentType: "", size: 0 })).toBe("permit all operate");
});

test("messages on a WebSocket keep to the endpoint's requests a second, whoever sends them", () => {
  const ledger = new BoundedRateLedger();
  const rules = [rule("say", "permit", "operate", { actions: ["web:message"], messages: ["*"] })];
  const profile = { id: "web", description: "", onRecorderFailure: "freeze", rules } as const;
  const of = (subject: string, requestsPerSecond: number) =>
    new WebMatcher({ profile, subject, ledger, endpoint: { limits: { requestsPerSecond } } });
  const message: WebOperation = {
    ...({ action: "web:message", class: "operate" } as const),
    ...{ path: "/live", text: "go", size: 2 },
  };
  const [one, other] = [of("one", 4), of("other", 4)];
  const at = (web: WebMatcher, nowMs: number) => web.judge(message, WORKING, nowMs).kind;
  expect([0, 10, 20, 30].map((nowMs) => at(nowMs % 20 === 0 ? one : other, nowMs))).toEqual(
    Array(4).fill("permit"),
  );
  expect(one.judge(message, WORKING, 40)).toMatchObject({
    ...{ kind: "deny", rule: "requests-per-second" },
    refusal: "busy",
  });
  expect(at(other, 999)).toBe("deny");
  expect(at(other, 1_001)).toBe("permit");
  const quick = of("one", 1_000);
  const passed = Array.from({ length: 3_000 }, (_, n) => at(quick, 5_000 + n / 2));
  expect(passed.filter((kind) => kind === "permit").length).toBeLessThanOrEqual(1_600);
  expect(passed.filter((kind) => kind === "permit").length).toBeGreaterThanOrEqual(1_400);
});
