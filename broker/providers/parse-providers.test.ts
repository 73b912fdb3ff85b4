import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { parseProviders } from "./parse-providers.ts";

const ONE = `providers:
  - id: works
    name: Works account
    issuer: https://login.example/works
    client-id: sallyport
`;

function parsed(text: string) {
  const source = { folder: temporaryFolder(), environment: { SECRET: "of the client" } };
  return parseProviders(text, "p.yaml", source);
}

function problems(text: string): string {
  const read = parsed(text);
  return read.kind === "invalid" ? read.problems.join("\n") : "";
}

test("a provider is read, with what it falls back to", () => {
  const read = parsed(`${ONE}    client-secret: { env: SECRET }
    hosts: [https://tokens.login.example]
    max-age: 8h
    scim: true
required-for: employees
except: [Emergency@plant.example]
`);
  if (read.kind === "invalid") throw new Error(read.problems.join("\n"));
  const { list, rules } = read.providers;
  expect(list).toMatchObject([
    {
      ...{ id: "works", issuer: "https://login.example/works", ageMaxMs: 28_800_000, scim: true },
      algorithms: ["RS256", "PS256", "ES256"],
    },
  ]);
  expect(list[0]?.secret?.read()).toBe("of the client");
  expect(rules.required).toBe(true);
  expect([...rules.except]).toEqual(["emergency@plant.example"]);
  expect(rules.issuers.get("https://login.example/works")).toEqual({
    ...{ name: "Works account", scim: true },
  });
});

test.each([
  ["an issuer over plain http", ONE.replace("https:", "http:"), "only https"],
  ["an issuer with a query", ONE.replace("/works", "/works?a=b"), "no query"],
  ["an id that no address can hold", ONE.replace("id: works", "id: ../works"), "not an id"],
  ["a secret in the file", `${ONE}    client-secret: abc\n`, "not written here"],
  ["a host with a path", `${ONE}    hosts: [https://a.example/x]\n`, "without a path"],
  ["an algorithm that a secret makes", `${ONE}    algorithms: [HS256]\n`, "not taken"],
  ["no algorithm at all", `${ONE}    algorithms: [none]\n`, "not taken"],
  ["a key that nobody knows", `${ONE}    scopes: all\n`, "scopes"],
  ["a must with no way in", `${ONE}required-for: employees\n`, "except"],
  ["no provider", "providers: []\n", "at least 1"],
  ["the same provider twice", ONE + ONE.replace("providers:\n", ""), "given twice"],
])("a file with %s is refused whole, and says why", (_, text, why) => {
  expect(problems(text)).toContain(why);
});
